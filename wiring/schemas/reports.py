"""The JSON of files of heads and of reports, for the HTTP interface and for `--json` (see `wiring.schemas`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from programme.report import FIGURES
from programme.reports import address_of

if TYPE_CHECKING:
    from datetime import date

    from programme.dossier import Dossier, FiledCase, FiledMatter, Handover
    from programme.dossiers import FoundDossier
    from programme.report import Report
    from states.case import Deadline
    from store.tenures import Tenure


class TenureDocument(TypedDict):
    """One person in one post, from the first day to the last, both inclusive; null while it lasts or is not known."""

    post_id: int
    post: str
    unit: str
    username: Annotated[str, Field(description="empty while nobody is known to hold the post")]
    holder: str
    from_on: str | None
    until_on: str | None


class DossierDocument(TypedDict):
    """The file of a head as it stood at the end of a day."""

    on: Annotated[str, Field(examples=["2026-07-01"])]
    tenure: TenureDocument
    tenures: list[TenureDocument]
    figures: dict[str, int]
    cases: list[dict[str, Any]]
    told: list[dict[str, Any]]
    interviews: list[dict[str, Any]]
    helps: list[dict[str, Any]]
    tolerated: list[dict[str, Any]]
    groundless: list[dict[str, Any]]
    work: dict[str, list[dict[str, Any]]]
    received: dict[str, Any] | None
    passed: dict[str, Any] | None
    duties: list[dict[str, Any]] | None
    commendations: list[dict[str, Any]] | None


def _day(on: date | None) -> str | None:
    return on.isoformat() if on is not None else None


def _due(line: Deadline | None) -> dict[str, Any] | None:
    return {"kind": line.kind, "due_on": line.due_on.isoformat()} if line is not None else None


def tenure_json(tenure: Tenure) -> TenureDocument:
    """Return a tenure as it is sent."""
    return {
        "post_id": tenure.post_id,
        "post": tenure.post,
        "unit": tenure.unit,
        "username": tenure.username,
        "holder": tenure.holder,
        "from_on": _day(tenure.from_on),
        "until_on": _day(tenure.until_on),
    }


def _case(one: FiledCase) -> dict[str, Any]:
    return {
        "case_id": one.case_id,
        "number": one.number,
        "duty": one.duty,
        "by_reference": one.by_reference,
        "finding": one.finding,
        "opened_on": one.opened_on.isoformat(),
        "state": one.state.value,
        "phase": one.phase.value,
        "light": one.light.value,
        "due": _due(one.due),
        "steps": [
            {
                "on": step.on.isoformat(),
                "act": step.act.value,
                "document_number": step.document_number or None,
                "after_leaving": step.after_leaving,
            }
            for step in one.steps
        ],
    }


def _matter(one: FiledMatter) -> dict[str, Any]:
    return {
        "case_id": one.case_id,
        "number": one.number,
        "duty": one.duty,
        "on": one.on.isoformat(),
        "state": one.state.value,
        "due": _due(one.due),
        "unsigned": one.unsigned,
    }


def _handover(found: Handover | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "on": found.on.isoformat(),
        "before": found.before,
        "after": found.after,
        "cases": [_matter(one) for one in found.matters],
    }


def figures_of(found: Dossier) -> dict[str, int]:
    """Return the figures of a file, by name."""
    return {
        "cases": len(found.cases),
        "open": len(found.open_cases),
        "entered": found.entered,
        "missed": found.missed,
        "interviews": sum(one.attended for one in found.interviews),
        "helps": len(found.helps),
        "tolerated": len(found.tolerated),
        "told": len(found.told),
        "signed": sum(one.signed_on is not None for one in found.told),
    }


def dossier_json(found: Dossier, tenures: tuple[Tenure, ...], most: int | None = None) -> DossierDocument:
    """Return a file as it is sent; of each list `most` at most, all if nothing is given."""
    return {
        "on": found.on.isoformat(),
        "tenure": tenure_json(found.tenure),
        "tenures": [tenure_json(one) for one in tenures],
        "figures": figures_of(found),
        "cases": [_case(one) for one in found.cases[:most]],
        "told": [
            {
                "case_id": one.case_id,
                "number": one.number,
                "act": one.act.value,
                "sent_on": one.sent_on.isoformat(),
                "wanted": one.wanted,
                "signed_on": _day(one.signed_on),
                "working_days": one.days,
                "own": one.own,
                "after_leaving": one.after_leaving,
            }
            for one in found.told[:most]
        ],
        "interviews": [
            {
                "case_id": one.case_id,
                "number": one.number,
                "on": one.on.isoformat(),
                "attended": one.attended,
                "excused": one.excused,
                "own": one.own,
            }
            for one in found.interviews[:most]
        ],
        "helps": [
            {"case_id": one.case_id, "number": one.number, "on": one.on.isoformat()} for one in found.helps[:most]
        ],
        "tolerated": [_matter(one) for one in found.tolerated[:most]],
        "groundless": [_matter(one) for one in found.groundless[:most]],
        "work": {
            word: [
                {"case_id": one.case_id, "number": one.number, "on": one.on.isoformat(), "act": one.act.value}
                for one in evidence[:most]
            ]
            for word, evidence in found.work
        },
        "received": _handover(found.received),
        "passed": _handover(found.passed),
        "duties": (
            [
                {"duty": one.duty, "due_on": one.due_on.isoformat(), "met": one.met, "said": one.said}
                for one in found.duties
            ]
            if found.duties is not None
            else None
        ),
        "commendations": (
            [
                {"on": one.on.isoformat(), "document_number": one.document_number, "said": one.said}
                for one in found.commendations
            ]
            if found.commendations is not None
            else None
        ),
    }


def found_dossier_json(found: FoundDossier, most: int | None = None) -> DossierDocument:
    """Return a file with the tenures beside it, as it is sent; of each list `most` at most, all if nothing is given."""
    return dossier_json(found.dossier, found.tenures, most)


class FigureDocument(TypedDict):
    """One figure of a report: how many, the cases behind it, the events that were counted, and where its list is."""

    key: Annotated[str, Field(examples=["opened"])]
    count: int
    cases: list[int]
    events: Annotated[list[int], Field(description="places in the history, where acts were counted")]
    address: Annotated[str, Field(examples=["/cases?report=2026Q2.2026-06-30.opened"])]


class ReportDocument(TypedDict):
    """The report of a period, counted until the end of a day."""

    kind: Annotated[str, Field(examples=["quarterly"])]
    period: Annotated[str, Field(examples=["2026Q2"])]
    first: str
    last: str
    until: str
    figures: list[FigureDocument]
    items: Annotated[list[str], Field(description="rows of the heat map")]
    units: Annotated[list[dict[str, Any]], Field(description="its columns; id 0 for all others")]
    red: list[dict[str, Any]]
    office_late: list[dict[str, Any]]
    recurring: list[str]
    ranking: list[dict[str, Any]] | None


def report_json(found: Report, most: int | None = None) -> ReportDocument:
    """Return a report as it is sent; of each list `most` at most, all if nothing is given."""
    keys = [*FIGURES, *(key for key in found.figures if ":" in key)]
    return {
        "kind": found.period.kind.value,
        "period": found.period.key,
        "first": found.period.first.isoformat(),
        "last": found.period.last.isoformat(),
        "until": found.until.isoformat(),
        "figures": [
            {
                "key": key,
                "count": found.count(key),
                "cases": found.figure(key).first(most),
                "events": list(found.figure(key).events[:most]),
                "address": f"/cases?report={address_of(found, key)}",
            }
            for key in keys
        ],
        "items": list(found.heat.items),
        "units": [{"id": unit_id, "unit": found.heat.names.get(unit_id, "")} for unit_id in found.heat.units],
        "red": [
            {
                "case_id": one.case_id,
                "number": one.number,
                "unit": one.unit,
                "duty": one.duty,
                "state": one.state.value,
                "due_on": _day(one.due_on),
                "by_office": one.by_office,
            }
            for one in found.red[:most]
        ],
        "office_late": [
            {"case_id": one.case_id, "number": one.number, "kind": one.kind, "due_on": one.due_on or None}
            for one in found.late[:most]
        ],
        "recurring": list(found.recurring),
        "ranking": (
            [{"place": one.place, "unit": one.unit, "group": one.group, "score": one.score} for one in found.ranking]
            if found.ranking is not None
            else None
        ),
    }
