"""A county whose obligations are generated, and short words for what tests ask about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from states.vocabulary import Role
from store import organisation, unit_posts
from store.obligations import Asked
from store.schema.outbox import OutboxRow
from tests.support.offices import ZONE, Bench, at

if TYPE_CHECKING:
    from collections import Counter

    from store.obligations import Obligation

COUNTY = "青禾县人民政府"
THREE = ("同级党委", "同级人大常委会", "上一级政府")


def with_county(bench: Bench) -> Bench:
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        unit = organisation.ensure_unit(session, COUNTY)
        unit_posts.ensure_post(session, unit.id, "县长", "head")
        unit_posts.ensure_post(session, unit.id, "联络员", "liaison")
    return bench


def generated(bench: Bench, year: int = 2026, on: str = "01-02") -> Obligation:
    """Generate the county's obligations; return that of its yearly report."""
    bench.office.obligations.generate(year, bench.actor(Role.DIRECTOR), at(on))
    return one(bench, year=year)


def one(bench: Bench, clause: str = "art6-4b", year: int = 2026) -> Obligation:
    (found,) = [it for it in bench.office.obligations.listed(Asked(year=year)) if it.clause == clause]
    return found


def sweep(bench: Bench, on: str, hour: int = 9, minute: int = 0) -> Counter[str]:
    moment = at(on, hour, minute)
    return bench.office.rounds.sweep(moment, moment).by_act


def clues_of(bench: Bench) -> list[tuple[str, str, str]]:
    return [(one.unit, one.duty, one.text.partition("前完成：")[2]) for one in bench.office.clues.listed()]


def verified(bench: Bench) -> bool:
    with bench.office.database.reading() as session:
        return bench.verified(session).ok


def told(bench: Bench, obligation: Obligation) -> list[tuple[str, str]]:
    with bench.office.database.reading() as session:
        rows = session.execute(
            select(OutboxRow.created_at, OutboxRow.notice)
            .where(OutboxRow.about == f"obligations/{obligation.id}")
            .order_by(OutboxRow.id)
        ).all()
    return [(moment.astimezone(ZONE).strftime("%m-%d %H:%M"), notice) for moment, notice in rows]
