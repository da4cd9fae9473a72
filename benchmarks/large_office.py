"""A large office for measuring: the models, what is beside cases, and the copies; kept in a folder once it is made."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from benchmarks.copies import Copying
from benchmarks.model_office import COUNTIES, Years, appoint_heads, employ, found_units, moment
from config.settings import Settings
from states.case import Actor
from states.clue import ClueSource, ClueState
from states.inspection import InspectionState
from states.vocabulary import Role
from store import clues, inspections, organisation, outbox, sessions
from wiring import Office, now

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

DIRECTOR: Final = Actor(user="director", role=Role.DIRECTOR)
_SMALL: Final = 10_000
"""Offices with fewer cases are small: they have few units and little beside cases."""
_DAY: Final = date(2026, 11, 2)


def filled(folder: Path, url: str, total: int) -> None:
    """Make an office with so many cases: 100 units, or 1,000 where there are many cases."""
    office = Office(Settings(home=folder, database_url=url))
    office.installation.prepare(now())
    large = total >= _SMALL
    units = 1_000 if large else 100
    with office.database.transaction() as session:
        found_units(session, office.settings.office, units)
        employ(session, office.settings.office)
    Years(office, units).live()
    with office.database.transaction() as session:
        appoint_heads(session)
    _obligations(office, (2024, 2025, 2026) if large else (2026,))
    office.rankings.compute(2025, date(2025, 12, 31), DIRECTOR, now())
    with office.database.transaction() as session:
        _clues(session, 3_000 if large else 60)
        _inspections(session, (2024, 2025, 2026), 120 if large else 20)
        _log(session, 20_000 if large else 100)
    with office.database.transaction(unhurried=True) as session:
        Copying(session, total, is_sqlite=office.database.is_sqlite).run()
        outbox.count_all(session, now())
    office.close()


def entered(folder: Path, url: str, who: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Let everybody log in; return the settings of a server, and a cookie for each of the people."""
    office = Office(Settings(home=folder, database_url=url))
    office.installation.prepare(now())
    with office.database.transaction() as session:
        session.execute(text("UPDATE heartbeats SET at = :at WHERE name = 'sweep'"), {"at": now().isoformat(" ")})
        cookies = {name: sessions.begin(session, name, now()) for name in who}
    with office.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not office.database.is_sqlite:
            connection.execute(text("SET statement_timeout = 0"))  # the first takes minutes over a million cases
        connection.execute(text("ANALYZE" if office.database.is_sqlite else "VACUUM ANALYZE"))
    office.close()
    return {"DUBAN_HOME": str(folder), "DUBAN_DATABASE_URL": url, "DUBAN_RATE_API": "0"}, cookies


def _obligations(office: Office, years: tuple[int, ...]) -> None:
    """Generate the obligations of some years; most were fulfilled, some missed, some wait."""
    for year in years:
        office.obligations.generate(year, DIRECTOR, moment(date(year, 1, 5)))
    with office.database.transaction() as session:
        session.execute(
            text(
                "UPDATE obligations SET next_at = NULL, state = CASE WHEN id % 10 < 7 THEN 'fulfilled'"
                " WHEN id % 10 = 7 THEN 'missed' ELSE state END"
            )
        )
        session.execute(
            text(
                "INSERT INTO obligation_steps (obligation_id, step, day, receiver, note, who, role, noted_at)"
                " SELECT id, 'submit', due_on, '', '已印发', 'director', 'director', generated_at FROM obligations"
                " WHERE state = 'fulfilled'"
            )
        )


def _clues(session: Session, count: int) -> None:
    """Raise clues; a tenth waits."""
    for n in range(count):
        unit = f"第{n % COUNTIES}县第{n % 3}局"
        on = _DAY - timedelta(days=n % 300)
        one = clues.add(session, ClueSource.INSPECTION, unit, "", f"第{n}条线索", on, "officer", moment(on))
        if n % 10:
            clues.decide(session, one.id, ClueState.DISMISSED, on, "director", reason="不属实")


def _inspections(session: Session, years: tuple[int, ...], count: int) -> None:
    """Plan inspections of some years, five units each; those of this November run."""
    units = [unit.id for unit in organisation.unit_tree(session)][COUNTIES:]
    for year in years:
        for n in range(count):
            on = date(year, 1, 10) + timedelta(days=330 * n // count)
            state = InspectionState.DONE if on < _DAY else InspectionState.RUNNING
            fields: dict[str, Any] = {
                "year": year,
                "place": n + 1,
                "kind": "regular",
                "title": f"第{n}次检查",
                "basis": "年度督查计划",
                "state": state.value,
                "from_on": on,
                "until_on": on + timedelta(days=10),
                "kept_because": "",
                "planned_by": "officer",
                "planned_at": moment(date(year, 1, 5)),
                "approved_by": "leader",
                "approved_on": date(year, 1, 6),
                "announced_on": on,
            }
            mine = [units[(5 * n + place) % len(units)] for place in range(5)]
            inspections.add(session, fields, [("art6-2a", "是否按期？", "")], mine, ["officer"])


def _log(session: Session, count: int) -> None:
    numbers = [{"n": n, "at": moment(_DAY)} for n in range(count)]
    session.execute(
        text(
            "INSERT INTO administration (at, who, role, what, whom, detail)"
            " VALUES (:at, 'admin', 'administrator', 'set_contacts', 'post' || :n, '')"
            if session.connection().dialect.name == "sqlite"
            else "INSERT INTO administration (at, who, role, what, whom, detail)"
            " VALUES (:at, 'admin', 'administrator', 'set_contacts', 'post' || CAST(:n AS text), '')"
        ),
        numbers,
    )
