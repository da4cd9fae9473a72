"""Inspections for tests: units to go to, and a plan that the leader has approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from programme.inspection_drafts import InspectionDraft
from states.vocabulary import Role
from store import organisation, unit_posts
from tests.support.offices import UNIT, Bench, at, day

if TYPE_CHECKING:
    from store.inspections import PlannedInspection

COUNTY = "青禾县人民政府"
BUREAU = "青禾县教育局"
CHECKED = ("art6-4b", "art7-1a", "art7-4d")


def units(bench: Bench) -> dict[str, int]:
    """Found the units that the inspections of these tests go to; return their ids."""
    with bench.office.database.transaction() as session:
        county = organisation.ensure_unit(session, COUNTY)
        bureau = organisation.ensure_unit(session, BUREAU, parent_id=county.id)
        culture = organisation.ensure_unit(session, UNIT)
        unit_posts.ensure_post(session, county.id, "县长", "head")
        unit_posts.ensure_post(session, bureau.id, "局长", "head")
        return {COUNTY: county.id, BUREAU: bureau.id, UNIT: culture.id}


def draft(**more: Any) -> InspectionDraft:
    fields: dict[str, Any] = {
        "kind": "regular",
        "title": "法治建设年度报告核查",
        "basis": "市委2026年督查检查计划",
        "units": (COUNTY, BUREAU),
        "duties": CHECKED,
        "from_on": day("04-01"),
        "until_on": day("04-10"),
        "team": ("刘芳", "陈立"),
    }
    return InspectionDraft(**(fields | more))


def planned(bench: Bench, **more: Any) -> PlannedInspection:
    return bench.office.inspection_plans.plan(draft(**more), bench.actor(Role.HANDLER), at("01-10"))


def approved(bench: Bench, **more: Any) -> PlannedInspection:
    found = planned(bench, **more)
    return bench.office.inspection_plans.approve([found.id], day("01-16"), bench.actor(Role.LEADER), at("01-16"))[0]


def list_of(inspection: PlannedInspection, unit: str) -> int:
    return next(visit.id for visit in inspection.visits if visit.unit == unit)
