"""A damaged file is refused with its name and left as it is, or opened with all that is in it; never with other data.

Only a log of which the end is missing or wrong may be taken for one that ended before: a loss of power leaves that.
"""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from emulator import Emulator, FileError

from . import damage
from .damage import FILE, LOG, NOW, Damage, Good, fault_of, last_commit, put, random_damage
from .files import content_of, log_of, opened_at, refusal
from .server import ServerProcess

MAKERS = {"closed": damage.closed, "killed": damage.killed, "killed anew": damage.killed_anew}
MUTANTS_PER_FILE = 100
HEADER_BYTES = 100


@pytest.fixture(scope="module", params=MAKERS)
def good(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Good:
    return MAKERS[request.param](tmp_path_factory.mktemp("good") / "file")


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Good:
    return damage.killed(tmp_path_factory.mktemp("killed") / "file")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


def assert_refused(path: Path, match: str) -> None:
    """The file is refused by its name, and it, its log and what is beside them stay as they are."""
    before, beside = content_of(path), sorted(path.parent.iterdir())
    with refusal(path, match):
        Emulator(path=path)
    assert content_of(path) == before
    assert sorted(path.parent.iterdir()) == beside


# --- Damage at random -----------------------------------------------------------------------------


def test_a_good_file_is_opened_with_all_that_is_in_it(good: Good, path: Path) -> None:
    assert fault_of(path, good, Damage(FILE)) is None


@pytest.mark.parametrize("seed", range(2))
def test_damage_anywhere_is_noticed_or_harmless(good: Good, path: Path, seed: int) -> None:
    rng = Random(seed)
    for _ in range(MUTANTS_PER_FILE // 2):
        damaged = random_damage(rng, good)
        assert fault_of(path, good, damaged) is None, damaged


def test_damage_to_any_byte_of_the_header_is_noticed_or_harmless(killed: Good, path: Path) -> None:
    rng = Random(1)
    for place in range(HEADER_BYTES):
        damaged = Damage(FILE, flips=((place, rng.choice((1, 2, 128, 255))),))
        assert fault_of(path, killed, damaged) is None, damaged


# --- Damage of a kind -----------------------------------------------------------------------------


def test_a_log_that_is_cut_is_taken_up_to_the_commit_before(killed: Good, path: Path) -> None:
    file, log = killed.content
    assert log is not None
    put(path, file, log[:-1])
    emulator = opened_at(path, NOW)
    assert damage.everything(emulator) == killed.states[-2]
    emulator.close()


def test_a_log_that_is_cut_after_it_was_brought_into_the_file_does_no_harm(path: Path, tmp_path: Path) -> None:
    """Its older pages were taken for newer than those in the file, and items came back as they had been."""
    good = damage.killed_after_long_log(tmp_path / "good")
    log = good.content[1]
    assert log is not None
    for part in (0.01, 0.5, 0.75, 0.99):
        assert fault_of(path, good, Damage(LOG, cut=int(len(log) * part))) is None


@pytest.mark.parametrize("bits", [1, 255])
def test_a_log_that_is_wrong_before_its_last_commit_is_refused(killed: Good, path: Path, bits: int) -> None:
    file, log = killed.content
    assert log is not None
    put(path, file, Damage(LOG, flips=((last_commit(log) - 1, bits),)).done_to(log))
    assert_refused(path, "is damaged: .*-wal is wrong in the middle")


def test_an_index_that_does_not_fit_its_table_is_refused(path: Path) -> None:
    """A document was found by its id no more, while all of them were read."""
    emulator = opened_at(path, NOW)
    with emulator.at_once():
        emulator._context("us-east-1").database.documents.put("kind", "the-document", {})
    emulator.close()
    connection = sqlite3.connect(path)
    ((root,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_document_1'")
    ((page_bytes,),) = connection.execute("PRAGMA page_size")
    connection.close()
    content = path.read_bytes()
    place = content.index(b"the-document", (root - 1) * page_bytes, root * page_bytes)
    path.write_bytes(Damage(FILE, flips=((place, 1),)).done_to(content))
    assert_refused(path, "is damaged: ")


def test_a_log_that_is_missing_is_asked_for(killed: Good, path: Path) -> None:
    put(path, killed.content[0], None)
    assert_refused(path, "was in use when its process ended, and its log .*-wal is missing. Put the log back beside it")


def test_a_log_that_is_empty_is_asked_for(killed: Good, path: Path) -> None:
    put(path, killed.content[0], b"")
    assert_refused(path, "was in use when its process ended, and its log .*-wal is missing. Put the log back beside it")


@pytest.mark.parametrize("file", [None, b""], ids=["missing", "empty"])
def test_a_log_without_its_file_is_not_overwritten(killed: Good, path: Path, file: bytes | None) -> None:
    log = killed.content[1]
    put(path, b"", log)
    if file is None:
        path.unlink()
    with refusal(path, "is missing or empty, but its log .*-wal is there"):
        Emulator(path=path)
    assert log_of(path).read_bytes() == log


# --- Files of others ------------------------------------------------------------------------------


def make_text(path: Path) -> None:
    path.write_text("These are my notes, and they matter to me.\n" * 100)


def make_short_text(path: Path) -> None:
    path.write_text("x")


def make_zeros(path: Path) -> None:
    path.write_bytes(bytes(100_000))


def make_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE item (id)")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()


def make_database_with_log(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE item (id)")
    connection.commit()
    content = content_of(path)
    connection.close()
    put(path, *content)


def make_newer(path: Path) -> None:
    Emulator(path=path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (make_text, "is no file of this emulator .* Choose another file"),
        (make_short_text, "is no file of this emulator .* Choose another file"),
        (make_zeros, "is no file of this emulator .* Choose another file"),
        (make_database, "is a SQLite database, but none of this emulator. Choose another file"),
        (make_database_with_log, "is a SQLite database, but none of this emulator. Choose another file"),
        (make_newer, "was written by a newer version of the emulator .* Upgrade"),
    ],
)
def test_a_file_of_somebody_else_is_refused(path: Path, make: Callable[[Path], None], match: str) -> None:
    make(path)
    assert_refused(path, match)


@pytest.mark.parametrize("make", [make_text, make_database, make_newer])
def test_a_file_of_somebody_else_is_neither_loaded_nor_replaced_by_a_copy(
    path: Path, make: Callable[[Path], None]
) -> None:
    make(path)
    before = content_of(path)
    with refusal(path):
        Emulator.load(path)
    with refusal(path):
        Emulator().save(path)
    assert content_of(path) == before
    assert list(path.parent.iterdir()) == [path]


def test_an_empty_file_is_taken_for_a_new_one(path: Path) -> None:
    path.touch()
    Emulator(path=path).close()
    assert Emulator.load(path).tables() == {}


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with refusal(tmp_path):
        Emulator(path=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_a_directory_that_is_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file"
    with refusal(path, ".*: No such file or directory"):
        Emulator(path=path)


def test_a_copy_that_is_missing_is_not_loaded(path: Path) -> None:
    with refusal(path, "does not exist"):
        Emulator.load(path)
    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to an administrator")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_file_without_permission_is_refused(path: Path, mode: int) -> None:
    Emulator(path=path).close()
    path.chmod(mode)
    with refusal(path, "cannot be"):
        Emulator(path=path)


# --- Files in use ---------------------------------------------------------------------------------

IN_USE = "is in use by another emulator. Stop that one, or choose another file"


def test_a_second_emulator_of_the_process_is_refused(path: Path) -> None:
    first = Emulator(path=path)
    with refusal(path, IN_USE):
        Emulator(path=path)
    first.close()
    Emulator(path=path).close()


@pytest.mark.parametrize("use", [Emulator.load, Emulator().save], ids=["load", "save"])
def test_a_file_in_use_is_neither_loaded_nor_replaced(path: Path, use: Callable[[Path], object]) -> None:
    first = Emulator(path=path)
    with refusal(path, IN_USE):
        use(path)
    first.close()


def test_an_emulator_that_nobody_has_any_more_leaves_its_file(path: Path) -> None:
    Emulator(path=path)
    gc.collect()
    Emulator(path=path).close()


def test_a_refused_file_can_be_opened_once_it_was_put_right(killed: Good, path: Path) -> None:
    file, log = killed.content
    put(path, file[:5000], log)
    with pytest.raises(FileError):
        Emulator(path=path)
    assert fault_of(path, killed, Damage(FILE)) is None


def test_another_process_is_refused_until_the_first_one_is_killed(path: Path) -> None:
    with ServerProcess(path) as first:
        assert first.port
        with refusal(path, IN_USE):
            Emulator(path=path)
        first.kill()
    Emulator(path=path).close()


def test_a_server_says_in_one_line_that_its_file_is_in_use(path: Path) -> None:
    first = Emulator(path=path)
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--db-path", str(path)]
    second = subprocess.run(command, capture_output=True, text=True)
    first.close()
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == f"Error: {path} {IN_USE}. See --db-path.\n"
