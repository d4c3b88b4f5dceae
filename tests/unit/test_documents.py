"""Documents: what a region holds beside tables, replaced whole and brought back by savepoints."""

from __future__ import annotations

from emulator import Emulator
from emulator.storage.documents import Documents

REGION = "eu-west-1"


def documents_of(emulator: Emulator) -> Documents:
    return emulator._context(REGION).database.documents


def test_a_document_is_found_by_kind_and_id() -> None:
    documents = documents_of(Emulator())
    documents.put("policy", "arn:1", {"text": "{}"})
    documents.put("backup", "arn:1", {"size": 3})
    assert documents.get("policy", "arn:1") == {"text": "{}"}


def test_a_kind_lists_its_documents_oldest_first() -> None:
    documents = documents_of(Emulator())
    for number in ("3", "1", "2"):
        documents.put("backup", number, {})
    documents.put("backup", "3", {"changed": True})
    assert list(documents.of_kind("backup")) == ["3", "1", "2"]


def test_a_savepoint_brings_back_what_was_put_replaced_and_removed() -> None:
    emulator = Emulator()
    documents = documents_of(emulator)
    documents.put("backup", "kept", {"version": 1})
    documents.put("backup", "removed", {})
    before = list(documents)
    savepoint = emulator.savepoint()
    documents.put("backup", "kept", {"version": 2})
    documents.put("backup", "new", {})
    documents.remove("backup", "removed")
    savepoint.restore()
    assert sorted(documents) == sorted(before)


def test_a_reset_forgets_documents() -> None:
    emulator = Emulator()
    documents_of(emulator).put("backup", "1", {})
    emulator.reset()
    assert len(documents_of(emulator)) == 0


def test_a_region_that_holds_only_a_document_is_not_forgotten() -> None:
    emulator = Emulator()
    documents_of(emulator).put("backup", "1", {})
    for number in range(300):
        emulator._context(f"region-{number}")
    assert len(documents_of(emulator)) == 1
