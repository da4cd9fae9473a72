"""The JSON of official documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from store.official_documents import KeptDocument, Taken


class DocumentStepDocument(TypedDict):
    """One step of an official document."""

    step: Annotated[str, Field(examples=["submit"])]
    who: str
    role: Annotated[str, Field(examples=["handler"])]
    on: Annotated[str, Field(examples=["2026-02-05"])]
    note: str | None


class OfficialDocumentDocument(TypedDict):
    """An official document; `file` and `scan` are the SHA-256 of what was issued and of the stamped paper."""

    id: Annotated[int, Field(examples=[12])]
    kind: Annotated[str, Field(examples=["order"])]
    case: Annotated[str | None, Field(examples=["临法督〔2026〕17号"])]
    case_id: Annotated[int | None, Field(examples=[17], description="none for what belongs to a commendation")]
    commendation_id: Annotated[int | None, Field(description="the commendation that its issue gives")]
    status: Annotated[str, Field(examples=["signed"], description="`draft`, `submitted`, `reviewed`, `signed`, …")]
    number: Annotated[str | None, Field(examples=["临法督〔2026〕3号"])]
    signed_on: Annotated[str | None, Field(examples=["2026-02-05"])]
    template_version: str
    file: str | None
    scan: str | None
    replaces: Annotated[int | None, Field(description="the document of which this is the corrected version")]


class DocumentsDocument(TypedDict):
    """Official documents, the latest change first."""

    documents: list[OfficialDocumentDocument]


class OpenDocumentDocument(OfficialDocumentDocument):
    """An official document with what it lacks, what it says, and what the caller may do with it."""

    signer: Annotated[str, Field(examples=["director"])]
    missing: Annotated[list[str], Field(examples=[["authorization_note"]])]
    content: Annotated[dict[str, Any], Field(description="what it says, by the names of its fields")]
    may: Annotated[list[str], Field(examples=[["review", "return", "sign"]])]
    steps: list[DocumentStepDocument]


def official_document_json(kept: KeptDocument) -> OfficialDocumentDocument:
    """Return an official document as programs read it."""
    return {
        "id": kept.id,
        "kind": kept.kind,
        "case": kept.case_number or None,
        "case_id": kept.case_id or None,
        "commendation_id": kept.commendation_id or None,
        "status": kept.status.value,
        "number": kept.number or None,
        "signed_on": kept.signed_on.isoformat() if kept.signed_on else None,
        "template_version": kept.template_version,
        "file": kept.file or None,
        "scan": kept.scan or None,
        "replaces": kept.replaces or None,
    }


def document_steps_json(steps: Iterable[Taken]) -> list[DocumentStepDocument]:
    """Return the steps of an official document as programs read them."""
    return [
        {
            "step": taken.step.value if taken.step else "draft",
            "who": taken.who,
            "role": taken.role,
            "on": taken.day.isoformat(),
            "note": taken.note or None,
        }
        for taken in steps
    ]
