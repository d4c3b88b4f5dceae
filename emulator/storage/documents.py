"""Documents: what a region holds beside tables and streams, as JSON that is replaced whole.

Descriptions of backups, exports and imports, resource policies, settings of streaming destinations: each is a
document of a kind, found by its id, often an ARN. Savepoints bring documents back, and a file keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from emulator.storage.undo import UndoLog

RESOURCE_POLICY = "resource-policy"
KINESIS_DESTINATIONS = "kinesis-destinations"
CONTRIBUTOR_INSIGHTS = "contributor-insights"
BULK_OPERATIONS = "bulk"
OF_RESOURCES = (RESOURCE_POLICY, KINESIS_DESTINATIONS, CONTRIBUTOR_INSIGHTS)
"""Kinds of documents that have the ARN of a table, an index or a stream for their id, and go when it goes."""

Document: TypeAlias = Mapping[str, Any]
"""JSON: texts, numbers, booleans, None, lists and objects. Never changed once it was put."""


class Documents:
    """Documents by kind and id, oldest first. Callers hold the emulator's lock."""

    __slots__ = ("_kinds", "_undo", "region")

    def __init__(self, region: str, undo: UndoLog) -> None:
        self.region = region
        self._undo = undo
        self._kinds: dict[str, dict[str, Document]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._kinds.values()))

    def __iter__(self) -> Iterator[tuple[str, str, Document]]:
        """Kind, id and document of all."""
        for kind, documents in self._kinds.items():
            for document_id, document in documents.items():
                yield kind, document_id, document

    def get(self, kind: str, document_id: str) -> Document | None:
        return self._kinds.get(kind, {}).get(document_id)

    def of_kind(self, kind: str) -> Mapping[str, Document]:
        """All documents of a kind by id; not to be changed, nor iterated while documents are put."""
        return self._kinds.get(kind, {})

    def put(self, kind: str, document_id: str, document: Document) -> None:
        """Enter a document, in the place of the one with that id if there is one."""
        self._replace(kind, document_id, document)

    def remove(self, kind: str, document_id: str) -> None:
        """Forget a document, if it is there."""
        self._replace(kind, document_id, None)

    def remove_of(self, arn: str) -> None:
        """Forget what a resource that is gone had, a table with its indexes."""
        for kind in OF_RESOURCES:
            for document_id in list(self.of_kind(kind)):
                if document_id == arn or document_id.startswith(f"{arn}/index/"):
                    self.remove(kind, document_id)

    def clear(self) -> None:
        """Forget all documents."""
        for kind, document_id, _ in list(self):
            self.remove(kind, document_id)

    def _replace(self, kind: str, document_id: str, document: Document | None) -> None:
        documents = self._kinds.setdefault(kind, {})
        before = documents.get(document_id)
        if document is None:
            documents.pop(document_id, None)
        else:
            documents[document_id] = document
        self._undo.add(lambda: self._replace(kind, document_id, before))
        if self._undo.unsaved is not None:
            self._undo.unsaved.documents.add((self, kind, document_id))
