"""What programs read of units and people: an import, who knew of a case, what is handed over with a post."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.people_report import PeopleReport
    from cases.handover import KnownNotice, PostHandover


class PeopleRowDocument(TypedDict):
    """What became of a row of a workbook of people: `new`, `known` or `failed`."""

    sheet: str
    row: int
    outcome: str
    shown: str
    reasons: list[str]


class PeopleImportDocument(TypedDict):
    """What an import of units and people did, or would do; `made` counts what is new of each kind."""

    new: int
    known: int
    failed: int
    made: dict[str, int]
    ignored: list[str]
    rows: list[PeopleRowDocument]


def people_json(report: PeopleReport, lang: str) -> PeopleImportDocument:
    """Return what an import of units and people did, or would do, as programs read it."""
    return {
        "new": report.count("new"),
        "known": report.count("known"),
        "failed": report.count("failed"),
        "made": dict(report.made),
        "ignored": list(report.ignored),
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.row,
                "outcome": row.outcome,
                "shown": row.shown,
                "reasons": [reason.text(lang) for reason in row.reasons],
            }
            for row in report.rows
        ],
    }


class PersonDocument(TypedDict):
    """Somebody by user name and name."""

    username: str
    name: str


class KnewDocument(TypedDict):
    """A message that was sent, and who held its post then; `frozen`: noted when it was sent."""

    notice: str
    unit: str
    post: str
    sent_at: str
    holders: list[PersonDocument]
    frozen: bool


class HandedCaseDocument(TypedDict):
    """An open case of a post: when its next term ends, in whose record it stands, and what waits in it."""

    id: int
    number: str
    state: str
    finding: str
    opened_on: str
    due_on: str | None
    record: PersonDocument | None
    waits: list[str]


class HandedNoticeDocument(TypedDict):
    """A message of an open case that was sent to the post, and who held it then."""

    case: int
    number: str
    notice: str
    sent_at: str
    holders: list[PersonDocument]
    unsigned: bool


class HandedOverDocument(TypedDict):
    """A post with who held it, the cases that are open in it, their messages, and the unit's yearly duties."""

    unit: str
    post: str
    on: str
    holders: list[dict[str, str | None]]
    cases: list[HandedCaseDocument]
    notices: list[HandedNoticeDocument]
    obligations: list[dict[str, str | int]]


def knew_json(found: Iterable[KnownNotice]) -> list[KnewDocument]:
    """Return who knew of a case as programs read it."""
    return [
        {
            "notice": one.notice,
            "unit": one.unit,
            "post": one.post,
            "sent_at": one.sent_at.isoformat(),
            "holders": [{"username": username, "name": name} for username, name in one.holders],
            "frozen": one.is_frozen,
        }
        for one in found
    ]


def handover_json(found: PostHandover) -> HandedOverDocument:
    """Return what is handed over with a post as programs read it."""
    return {
        "unit": found.unit,
        "post": found.post,
        "on": found.on.isoformat(),
        "holders": [
            {
                "username": one.username,
                "name": one.name,
                "from": one.from_on.isoformat(),
                "until": one.until_on.isoformat() if one.until_on else None,
            }
            for one in found.holders
        ],
        "cases": [
            {
                "id": one.case.id,
                "number": one.case.number,
                "state": one.case.state.value,
                "finding": one.case.finding,
                "opened_on": one.case.opened_on.isoformat(),
                "due_on": one.case.next_due_on.isoformat() if one.case.next_due_on else None,
                "record": {"username": one.record.username, "name": one.record.name} if one.record else None,
                "waits": [kind.value for kind in one.waits],
            }
            for one in found.open_cases
        ],
        "notices": [
            {
                "case": one.case_id,
                "number": one.number,
                "notice": one.notice,
                "sent_at": one.sent_at.isoformat(),
                "holders": [{"username": username, "name": name} for username, name in one.holders],
                "unsigned": one.is_unsigned,
            }
            for one in found.notices
        ],
        "obligations": [
            {"id": one.id, "clause": one.clause, "due_on": one.due_on.isoformat(), "state": one.state.value}
            for one in found.obligations
        ],
    }
