"""What is wrong with a file, in one line for the user."""

from __future__ import annotations


class FileError(Exception):
    """A file that cannot be opened, read or written; the text names it, says why, and what to do."""
