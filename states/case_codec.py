"""The case as one line of JSON, for its row, and back.

A row of a release before this one lacks the fields that came later; it is read as a case that has their defaults, and
what is at its default is not written, so that the release before reads what it knows.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import orjson

from states.case import Case, Item, Unsigned, deadline_data, deadline_of_data
from states.vocabulary import Act, Confidentiality, Light, Phase, Role, State

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELDS: Final = frozenset(field.name for field in fields(Case))
_DATES: Final = frozenset(
    {
        "opened_on",
        "entered_on",
        "last_on",
        "report_on",
        "verified_on",
        "failed_on",
        "criticized_on",
        "interviewed_on",
        "minutes_on",
        "proposed_on",
        "retry_on",
        "suspended_on",
        "extended_on",
        "deputy_until",
        "notice_on",
        "urged_on",
        "blocked_on",
        "marks_from",
    }
)
_LATER: Final[Mapping[str, Any]] = {field.name: field.default for field in fields(Case) if field.default is not MISSING}
"""The fields that releases before did not have, with the values that their histories mean."""
_LISTS: Final = frozenset({"fired", "helpers", "took_part", "approvers", "acknowledged"})
_ENUMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "state": {word.value: word for word in State},
    "phase": {word.value: word for word in Phase},
    "light": {word.value: word for word in Light},
    "confidentiality": {word.value: word for word in Confidentiality},
}


def dump(case: Case) -> str:
    """Return the case as one line of JSON, for the row. `load` is its inverse.

    The mark of confidentiality stands in it only where it is not `internal`, and a field that came later only where it
    is not at its default.
    """
    body = {key: value for key, value in case.__dict__.items() if key not in _LATER or value != _LATER[key]}
    if case.confidentiality is Confidentiality.INTERNAL:
        del body["confidentiality"]
    if not all(line.has_lights for line in case.deadlines):
        # In the rows of releases before this one deadlines have no such field, and a row is compared as text with what
        # its events make. A fragment keeps the order of the fields, which `OPT_SORT_KEYS` would change.
        body["deadlines"] = [
            line if line.has_lights else orjson.Fragment(orjson.dumps(deadline_data(line))) for line in case.deadlines
        ]
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()


def load(text: str) -> Case:
    """Return the case that `dump` wrote."""
    return restored(orjson.loads(text))


def restored(body: dict[str, Any]) -> Case:
    """Return the case whose decoded row this is; `body` is used up."""
    body.setdefault("confidentiality", Confidentiality.INTERNAL.value)
    body.update({key: value for key, value in _LATER.items() if key not in body})
    for key in _DATES:
        if body[key] is not None:
            body[key] = date.fromisoformat(body[key])
    for key in _LISTS:
        body[key] = tuple(body[key])
    for key, enum in _ENUMS.items():
        body[key] = enum[body[key]]
    body["deadlines"] = tuple(deadline_of_data(line) for line in body["deadlines"])
    body["paused"] = tuple((kind, left) for kind, left in body["paused"])
    if body["items"]:
        body["items"] = tuple(
            Item(**{**item, "co": tuple(item["co"]), "evidence": tuple(item["evidence"])}) for item in body["items"]
        )
    if body["unsigned"] is not None:
        body["unsigned"] = _unsigned(body["unsigned"])
    if body.keys() != _FIELDS:
        raise ValueError(f"the row of case {body.get('id')} has other fields than a case: rebuild it from its events")
    case = object.__new__(Case)
    case.__dict__.update(body)
    return case


def _unsigned(body: Mapping[str, Any]) -> Unsigned:
    return Unsigned(
        seq=body["seq"],
        act=Act(body["act"]),
        user=body["user"],
        role=Role(body["role"]),
        unit=body["unit"],
        taken_on=date.fromisoformat(body["taken_on"]),
        data=body["data"],
    )
