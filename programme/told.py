"""Inspections, on-site lists and burdens as documents for programs, at the command line and over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from programme.burden import Outlook, UnitBurden
    from programme.on_site import OnSiteList, Point
    from store.inspections import PlannedInspection, UnitVisit


def inspection_document(found: PlannedInspection) -> dict[str, Any]:
    """Return an inspection with its check list and its units."""
    return {
        "id": found.id,
        "number": found.number,
        "year": found.year,
        "kind": found.kind,
        "title": found.title,
        "basis": found.basis,
        "state": found.state.value,
        "from_on": found.from_on.isoformat(),
        "until_on": found.until_on.isoformat(),
        "team": list(found.team),
        "kept_because": found.kept_because or None,
        "planned_by": found.planned_by,
        "approved_by": found.approved_by or None,
        "approved_on": found.approved_on.isoformat() if found.approved_on else None,
        "announced_on": found.announced_on.isoformat() if found.announced_on else None,
        "ended_on": found.ended_on.isoformat() if found.ended_on else None,
        "reason": found.reason or None,
        "items": [
            {"place": item.place, "duty": item.duty, "question": item.question, "hint": item.hint}
            for item in found.items
        ],
        "lists": [_list_line(visit) for visit in found.visits],
    }


def _list_line(visit: UnitVisit) -> dict[str, Any]:
    return {
        "id": visit.id,
        "unit": visit.unit,
        "opened_on": visit.opened_on.isoformat() if visit.opened_on else None,
        "submitted_on": visit.submitted_on.isoformat() if visit.submitted_on else None,
        "answered": visit.answered,
        "noes": visit.noes,
        "cases": visit.cases,
        "signed_on": visit.signed_on.isoformat() if visit.signed_on else None,
        "awaits_signature": visit.awaits_signature,
        "returned_because": visit.returned_because or None,
    }


def list_document(found: OnSiteList) -> dict[str, Any]:
    """Return the on-site list of one unit."""
    return {
        **_list_line(found.visit),
        "inspection": found.inspection.number,
        "kind": found.inspection.kind,
        "points": [_point(point) for point in found.points],
        "left": len(found.left),
    }


def _point(point: Point) -> dict[str, Any]:
    answered = point.answered
    return {
        "place": point.item.place,
        "duty": point.item.duty,
        "question": point.item.question,
        "answer": answered.answer.value if answered is not None and answered.answer is not None else None,
        "note": answered.note if answered is not None else "",
        "case": answered.case_number or None if answered is not None else None,
        "photos": [
            {
                "sha256": photo.sha256,
                "name": photo.name,
                "taken_at": photo.taken_at.isoformat() if photo.taken_at else None,
                "received_at": photo.received_at.isoformat(),
            }
            for photo in point.photos
        ],
    }


def burden_document(found: UnitBurden, most: int) -> dict[str, Any]:
    """Return how often one unit is called on, by month, against the ceiling."""
    return {
        "unit": found.unit,
        "months": [
            {
                "month": month.month,
                "visits": month.visits,
                "requests": month.requests,
                "messages": month.messages,
                "over": month.contacts > most,
            }
            for month in found.months
        ],
    }


def outlook_document(found: Outlook, lang: str) -> dict[str, Any]:
    """Return what an inspection would meet, each also as a sentence."""
    return {
        "overlaps": [
            {"number": one.other.number, "units": list(one.units), "items": list(one.items)} for one in found.overlaps
        ],
        "over": [{"unit": unit, "month": month.month, "contacts": month.contacts} for unit, month in found.over],
        "ceiling": found.most,
        "weighs": found.weighs,
        "sentences": [sentence.text(lang) for sentence in found.sentences()],
    }
