"""What was typed into a document, and what it says, in the fields of the act that it carries out."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from documents.drafting import as_content, read_typed
from documents.known import OTHER_NAMES
from states.errors import BadTerm
from states.field_values import Kind
from states.fields import FIELDS
from states.terms import Term
from states.vocabulary import Act

if TYPE_CHECKING:
    from collections.abc import Mapping

    from documents.kinds import DocumentKind
    from store.official_documents import KeptDocument

_NAMED: Final = {of_act: of_document for of_document, of_act in OTHER_NAMES.items()}
VERDICT_CODES: Final = {"passed": "passed", "failed": "failed", "通过": "passed", "未通过": "failed"}


def as_typed(kind: DocumentKind, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed under the fields' English names, as JSON can hold it, checked, outcomes as their codes."""
    by_name = {word: one.name for one in kind.fields for word in one.names}
    read = as_content(kind, read_typed(kind, typed))
    given = {by_name[name]: value for name, value in typed.items()}
    kept = {name: read.get(name, "") for name in given}
    return kept | ({"outcome": given["outcome"]} if given.get("outcome") else {})


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one problem of the list as an act takes it; a term that is no term is left to the paper."""
    item = {name: row[name] for name in ("fact", "criterion", "lead") if row.get(name)}
    with suppress(BadTerm):
        item |= {"term": str(Term.parse(row["term"]))} if row.get("term") else {}
    return item


def _by_item(act: Act, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the list of problems says of each item in the fields of the act: measures, answers or verdicts."""
    rows = [(int(row["place"]), row) for row in values.get("items", ())]
    if act is Act.SUBMIT_PLAN and all(row.get("measure") for _place, row in rows):
        return {
            "measures": [
                {
                    "item": place,
                    "measure": row["measure"],
                    "person": row.get("responsible", ""),
                    "day": row.get("by", ""),
                }
                for place, row in rows
            ]
        }
    if act is Act.SUBMIT_REPORT and all(row.get("answer") for _place, row in rows):
        return {"answers": [{"item": place, "answer": row["answer"]} for place, row in rows]}
    if act in (Act.VERIFY_PASS, Act.VERIFY_FAIL) and all(row.get("verdict") in VERDICT_CODES for _place, row in rows):
        return {"verdicts": [{"item": place, "verdict": VERDICT_CODES[row["verdict"]]} for place, row in rows]}
    return {}


def act_data(act: Act, kept: KeptDocument, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the document says in the fields of its act."""
    data = _by_item(act, values)
    for name, field in FIELDS[act].items():
        value = kept.typed.get("outcome") if name == "outcome" else values.get(name, values.get(_NAMED.get(name, "")))
        # A term that runs since time entered the rung is not set again by the paper that tells of it.
        runs_already = name == "term" and name not in kept.typed and "service_on" not in values
        if value in (None, "", ()) or name == "document_number" or runs_already:
            continue
        match field.kind:
            case Kind.TERM:
                data[name] = str(Term.parse(str(value)))
            case Kind.DATE:
                data[name] = value.isoformat() if isinstance(value, date) else str(value)
            case Kind.TEXTS:
                data[name] = [str(one) for one in value]
            case Kind.RECORDS if name == "items":
                data[name] = [_item(row) for row in value]
            case Kind.TEXT:
                data[name] = str(value)
            case Kind.CHOICE if value in field.choices:
                data[name] = value
            case _:
                continue
    return data
