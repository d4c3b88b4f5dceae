"""What a person at a terminal gets beyond plain text: tables with columns, and progress bars on stderr.

rich takes a tenth of a second to import, so only a terminal has it imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[str] = ()) -> None:
    """Print rows under headings, as wide as the terminal; columns named in `numeric` stand to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


@contextmanager
def progress(what: str, total: int | None, *, in_bytes: bool, shown: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar on stderr, if that is a terminal and `shown`; yields a function that takes how far it is.

    `total` is an estimate; None or 0 when nobody knows.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda position: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    amount = DownloadColumn() if in_bytes else MofNCompleteColumn()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), amount, TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total or None)

        def advance_to(position: int) -> None:
            bar.update(task, completed=position, total=max(total, position) if total else None)

        yield advance_to


def readable_bytes(count: int) -> str:
    """A number of bytes for the eye: `999 B`, `1.5 KB`, `12.0 MB`, in steps of 1,024."""
    if count < 1024:
        return f"{count} B"
    size = float(count)
    for unit in ("KB", "MB", "GB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:.1f} TB"
