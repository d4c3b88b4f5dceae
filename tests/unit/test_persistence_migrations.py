"""Files of older versions are brought to this one with all that is in them; those of newer ones are refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from emulator import Emulator
from emulator.persistence import damage, layout, opening, reading, store
from tests.crash.files import content_of, killed_copy, log_of, opened_at, refusal
from tests.property.observing import differences, everything
from tests.property.streamed_tables import StreamedTables
from tests.property.wire import Json

MIGRATION = """
    ALTER TABLE document ADD COLUMN added TEXT NOT NULL DEFAULT 'default';
    CREATE TABLE added (id INTEGER PRIMARY KEY);
    """


def be_newer(monkeypatch: pytest.MonkeyPatch, script: str = MIGRATION) -> None:
    """Have one more version from now on."""
    monkeypatch.setattr(store, "MIGRATIONS", (*layout.MIGRATIONS, script))
    for module in (store, opening, reading, damage):
        monkeypatch.setattr(module, "VERSION", layout.VERSION + 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.fixture
def tables(path: Path) -> StreamedTables:
    tables = StreamedTables(1, path=path)
    for _ in range(60):
        tables.write()
    return tables


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    ((version,),) = connection.execute("PRAGMA user_version")
    connection.close()
    return int(version)


def reopened_state(path: Path, tables: StreamedTables) -> Json:
    reopened = opened_at(path, tables.emulator.clock.now())
    try:
        return everything(reopened)
    finally:
        reopened.close()


def test_an_older_file_is_upgraded_with_its_data(
    tables: StreamedTables, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = everything(tables.emulator)
    tables.emulator.close()
    be_newer(monkeypatch)
    assert not list(differences(expected, reopened_state(path, tables)))
    assert version_of(path) == layout.VERSION + 1


def test_an_older_file_that_was_killed_is_upgraded_with_what_is_in_its_log(
    tables: StreamedTables, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = killed_copy(tables.emulator, path, path.with_name("copy"))
    expected = everything(tables.emulator)
    tables.emulator.close()
    be_newer(monkeypatch)
    assert not list(differences(expected, reopened_state(copy, tables)))
    assert version_of(copy) == layout.VERSION + 1


def test_a_new_file_has_the_newest_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    be_newer(monkeypatch)
    Emulator(path=path).close()
    assert version_of(path) == layout.VERSION + 1


def test_a_migration_that_fails_leaves_the_data_as_it_was(
    tables: StreamedTables, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = everything(tables.emulator)
    tables.emulator.close()
    with monkeypatch.context() as newer:
        be_newer(newer, MIGRATION + "; CREATE TABLE item (id)")
        before = content_of(path)
        with refusal(path, "is damaged: table item already exists"):
            Emulator(path=path)
        assert content_of(path) == before
    assert not list(differences(expected, reopened_state(path, tables)))


def test_a_newer_file_is_refused_and_stays_as_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        be_newer(newer)
        Emulator(path=path).close()
    before = content_of(path)
    with refusal(path, "was written by a newer version of the emulator .* Upgrade"):
        Emulator(path=path)
    assert content_of(path) == before


def test_a_newer_copy_is_not_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        be_newer(newer)
        Emulator().save(path)
    before = content_of(path)
    with refusal(path, "was written by a newer version of the emulator"):
        Emulator().save(path)
    assert content_of(path) == before


def test_loading_an_older_copy_leaves_it_as_it_is(
    tables: StreamedTables, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.emulator.close()
    before = content_of(path)
    be_newer(monkeypatch)
    assert Emulator.load(path).tables() == tables.emulator.tables()
    assert content_of(path) == before
    assert not log_of(path).exists()
