"""How long the obligations of many units take: generating them, a sweep that finds nothing, a page of the grid.

`python -m benchmarks.obligations [UNITS] [YEARS]`; 1,000 units of all kinds and 3 years if nothing is said. The idle
sweep is measured in turns with and without the look at obligations, in one process on one database.
"""

from __future__ import annotations

import json
import statistics
import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any, Final

from cases.sweep import clock_gap
from config.settings import Settings
from programme.obligation_year import grid
from states.case import Actor
from states.vocabulary import Role
from store import accounts, health, organisation, sessions, unit_posts
from store.obligations import Asked
from store.visibility import Reader
from wiring import Office, now

COUNTIES: Final = 20
PAGES: Final = 60
SWEEPS: Final = 300
DIRECTOR: Final = Actor(user="director", role=Role.DIRECTOR)


def found_units(office: Office, units: int) -> None:
    """Put so many units into the organisation: twenty counties, each with its departments and towns."""
    with office.database.transaction() as session:
        unit_posts.ensure_office(session, office.settings.office)
        city_party = organisation.ensure_unit(session, "中共清江市委", "party_committee").id
        city = organisation.ensure_unit(session, "清江市人民政府", "government").id
        for nth in range(COUNTIES):
            party = organisation.ensure_unit(session, f"第{nth}县委", "party_committee", city_party).id
            county = organisation.ensure_unit(session, f"第{nth}县人民政府", "government", city).id
            for place in range(units // COUNTIES - 2):
                if place % 3:
                    organisation.ensure_unit(session, f"第{nth}县第{place}局", "department", county)
                else:
                    organisation.ensure_unit(session, f"第{nth}县第{place}街道办事处", "township", party)


def generated(office: Office, years: int) -> dict[str, Any]:
    """Generate the obligations of so many years, from the next on, and once more; return how many and how long."""
    first = office.today().year + 1
    times, rows, new = [], 0, 0
    for _ in range(2):
        began = perf_counter()
        new = sum(office.obligations.generate(year, DIRECTOR, now()).new for year in range(first, first + years))
        times.append(round(perf_counter() - began, 2))
        rows = rows or new
    return {"obligations": rows, "seconds": times[0], "again": {"new": new, "seconds": times[1]}}


def idle_sweep(office: Office) -> dict[str, float]:
    """Return the median milliseconds of processor time of a sweep that finds nothing, with obligations and without."""
    moment = now()
    office.rounds.sweep(moment)
    looks = office.rounds._looked  # noqa: SLF001  # what is measured
    times: dict[bool, list[float]] = {True: [], False: []}
    for nth in range(2 * SWEEPS):
        looked = bool(nth % 2)
        office.rounds._looked = looks if looked else partial(without_obligations, office)  # type: ignore[method-assign]  # noqa: SLF001
        began = process_time()
        office.rounds.sweep(moment)
        times[looked].append(1000 * (process_time() - began))
    with_, without = statistics.median(times[True]), statistics.median(times[False])
    return {"with_ms": round(with_, 3), "without_ms": round(without, 3), "ratio": round(with_ / without, 3)}


def without_obligations(office: Office, as_of: datetime, *, by_clock: bool) -> tuple[str, bool, str]:
    """Look at what decided about a sweep before there were obligations."""
    with office.database.reading() as session:
        last = health.detail(session, "swept")
    rules = office.rulebook
    before = datetime.fromisoformat(last) if last else None
    wait = rules.policy.confirm_after_gap
    return clock_gap(before, as_of, rules.calendar, rules.zone, wait, by_clock=by_clock), False, ""


def grid_pages(office: Office) -> dict[str, float]:
    """Return the milliseconds of one page of the grid, drawn on the server: the median and the 95th of a hundred."""
    from starlette.testclient import TestClient  # noqa: PLC0415  # only here

    from web.app import application  # noqa: PLC0415  # only here
    from web.dependencies import COOKIE  # noqa: PLC0415  # only here

    with office.database.transaction() as session:
        person = accounts.add_person(session, "wang", "王某", Role.DIRECTOR, unit_posts.office_id(session))
        accounts.set_password(session, person.username, "$argon2id$none", must_change=False)
        secret = sessions.begin(session, person.username, now())
    year = office.today().year + 1
    times, used, after = [], [], ""
    with TestClient(application(office), cookies={COOKIE: secret}) as client:
        client.get("/obligations", params={"year": year})
        for _ in range(PAGES):
            began, spent = perf_counter(), process_time()
            answer = client.get("/obligations", params={"year": year, "after": after})
            times.append(1000 * (perf_counter() - began))
            used.append(1000 * (process_time() - spent))
            if answer.status_code != 200:  # noqa: PLR2004  # OK
                raise RuntimeError(answer.text)
            after = grid(
                office.database, Asked(year=year), Reader("wang", Role.DIRECTOR, 0), after=after, limit=40
            ).further
    times.sort()
    used.sort()
    late = int(len(times) * 0.95)
    return {
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[late], 1),
        "p95_processor_ms": round(used[late], 1),
    }


def measure(units: int, years: int) -> dict[str, Any]:
    """Measure everything on a new SQLite database."""
    with TemporaryDirectory() as folder:
        office = Office(Settings(home=Path(folder), database_url=f"sqlite:///{folder}/duban.db"))
        try:
            office.database.migrate()
            found_units(office, units)
            result: dict[str, Any] = {"units": units, "years": years, "generate": generated(office, years)}
            result["idle_sweep"] = idle_sweep(office)
            result["grid_page"] = grid_pages(office)
        finally:
            office.close()
    return result


if __name__ == "__main__":
    sizes = [int(word) for word in sys.argv[1:]]
    sys.stdout.write(json.dumps(measure(*(sizes or [1000, 3])), ensure_ascii=False, indent=2) + "\n")
