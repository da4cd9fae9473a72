"""Tallies: how many cases stand where, kept with every act, so that no page has to count a million of them.

A tally is what a case or its history adds to one line: so many cases of a unit in a state, due on a day, opened on a
day; so many moves into a state in a month; so many rungs entered and missed. The lines change in the transaction of
the act, after the place in the history was taken, where writers queue up anyway (ADR 0027). Unit 0 is the whole office.
What the rules of sight hide from some readers of a unit stands apart under `hidden`.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import delete, select, text

from states.vocabulary import RUNGS, SPINE, Act, Confidentiality, State
from store import bulk
from store.schema.base import table_of
from store.schema.counters import EVERYWHERE, NO_DAY, CounterRow
from store.schema.events import LogHeadRow
from store.upsert import insertion_for, is_postgresql

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from states.case import Case, Event

NOW: Final = "now"
DUE: Final = "due"
AGE: Final = "age"
MOVED: Final = "moved"
DONE: Final = "done"
ENTERED: Final = "entered"
MISSED: Final = "missed"
WORK_SECRET: Final = 1
"""`hidden` of what belongs to a case that is marked a work secret."""
HANDED_OVER: Final = 2
"""Added to `hidden` of what belongs to a case that was handed over as a clue: its unit is not told of it."""
_WORDS: Final = {Act.MARKED_YELLOW: MISSED} | {act: act.value for act in (Act.RECORD_HELP, Act.ACKNOWLEDGE)}
_TALLIES: Final = table_of(CounterRow)
_KEY: Final = ("kind", "unit_id", "hidden", "state", "light", "day")
_COLUMNS: Final = ", ".join(_KEY)


class CounterKey(NamedTuple):
    """Which line: `state` is a state, or for `DONE` a word; `day` is the first of a month where months are counted."""

    kind: str
    unit_id: int
    hidden: int
    state: str = ""
    light: str = ""
    day: date = NO_DAY


def hidden(case: Case) -> int:
    """Return under which mark the case is counted, by what the rules of sight ask of it."""
    handed_over = HANDED_OVER if case.state is State.TRANSFERRED else 0
    return handed_over + (WORK_SECRET if case.confidentiality is Confidentiality.WORK_SECRET else 0)


def standing(case: Case, unit_id: int) -> list[CounterKey]:
    """Return the lines in which the case counts once because of how it stands."""
    mark, state, due = hidden(case), case.state.value, case.next_due_on
    found = [CounterKey(NOW, unit_id, mark, state, case.light.value)]
    if due is not None:
        found.append(CounterKey(DUE, unit_id, mark, state, "", due))
    if case.state in SPINE:
        found.append(CounterKey(AGE, unit_id, mark, "", "", case.opened_on))
    return found


def happened(events: Iterable[Event], unit_id: int, mark: int) -> Counter[CounterKey]:
    """Return what these events add, as of a case that is counted under this mark."""
    found: Counter[CounterKey] = Counter()
    for event in events:
        month = event.occurred_on.replace(day=1)
        if event.from_state is not event.to_state:
            found[CounterKey(MOVED, unit_id, mark, event.to_state.value, "", month)] += 1
            if event.from_state is not None:
                found[CounterKey(MOVED, unit_id, mark, event.from_state.value, "", month)] -= 1
            if event.to_state in RUNGS:
                found[CounterKey(DONE, unit_id, mark, ENTERED, "", month)] += 1
        if event.act in _WORDS and event.data.get("party") != "office":
            found[CounterKey(DONE, unit_id, mark, _WORDS[event.act], "", month)] += 1
    return found


def add(session: Session, changes: Mapping[CounterKey, int]) -> None:
    """Add to the lines, and to those of the whole office. Call it after `store.cases.append`, in its transaction."""
    whole: Counter[CounterKey] = Counter()
    for line, n in changes.items():
        if n:
            whole[line] += n
            whole[line._replace(unit_id=EVERYWHERE)] += n
    given = [line._asdict() | {"n": n} for line, n in sorted(whole.items()) if n]
    if not given:
        return
    if is_postgresql(session):
        session.connection().execute(_adding(postgresql=True), {bulk.ROWS: orjson.dumps(given).decode()})
    else:
        bulk.each_row(session, _adding_one(), given)


_GIVEN: Final = bulk.unfolded(_TALLIES, ((name, name) for name in (*_KEY, "n")))


@lru_cache
def _adding(*, postgresql: bool) -> Any:  # noqa: ANN401  # the insert of either dialect
    """Return the statement that adds to lines: PostgreSQL takes all of them as JSON, SQLite one after the other.

    A sweep changes hundreds of lines while it holds the end of the history; on PostgreSQL each statement is a journey.
    """
    adding: Any = insertion_for(_TALLIES, postgresql=postgresql)
    if postgresql:
        adding = adding.from_select([*_KEY, "n"], select(*(_GIVEN.c[name] for name in (*_KEY, "n"))))
    return adding.on_conflict_do_update(index_elements=list(_KEY), set_={"n": _TALLIES.c.n + adding.excluded.n})


@lru_cache
def _adding_one() -> bulk.Compiled:
    return bulk.compiled(_adding(postgresql=False), (*_KEY, "n"))


# What the tallies must be, reckoned from all cases and all events: for the nightly comparison, and to fill them anew.
_MARK: Final = (
    f"CASE WHEN c.state = '{State.TRANSFERRED.value}' THEN {HANDED_OVER} ELSE 0 END"
    f" + CASE WHEN c.confidentiality = '{Confidentiality.WORK_SECRET.value}' THEN {WORK_SECRET} ELSE 0 END"
)
_IN_SPINE: Final = ", ".join(f"'{state.value}'" for state in SPINE)
_IN_RUNGS: Final = ", ".join(f"'{state.value}'" for state in RUNGS)
_UP: Final = f"e.to_state IN ({_IN_RUNGS})"
_OF_WORDS: Final = ", ".join(f"'{act.value}'" for act in _WORDS)
_WORD: Final = " ".join(f"WHEN '{act.value}' THEN '{word}'" for act, word in _WORDS.items())
_MOVES: Final = "(e.from_state IS NULL OR e.from_state <> e.to_state)"


_OFFICE: Final = '%"party":"office"%'
"""How the data of a mark read that stands for a delay of the office: no missed rung of the unit."""
_OF_UNIT: Final = f"e.act IN ({_OF_WORDS}) AND e.data NOT LIKE '{_OFFICE}'"
_EVENTS: Final = "FROM case_events e JOIN cases c ON c.id = e.case_id"
_LINES: Final = (
    f"'{NOW}' AS kind, c.unit_id, {_MARK} AS hidden, c.state, c.light, :none AS day, 1 AS n FROM cases c",
    f"'{DUE}', c.unit_id, {_MARK}, c.state, '', c.next_due_on, 1 FROM cases c WHERE c.next_due_on IS NOT NULL",
    f"'{AGE}', c.unit_id, {_MARK}, '', '', c.opened_on, 1 FROM cases c WHERE c.state IN ({_IN_SPINE})",
    f"'{MOVED}', c.unit_id, {_MARK}, e.to_state, '', :month, 1 {_EVENTS} WHERE {_MOVES}",
    f"'{MOVED}', c.unit_id, {_MARK}, e.from_state, '', :month, -1 {_EVENTS} WHERE e.from_state <> e.to_state",
    f"'{DONE}', c.unit_id, {_MARK}, '{ENTERED}', '', :month, 1 {_EVENTS} WHERE {_MOVES} AND {_UP}",
    f"'{DONE}', c.unit_id, {_MARK}, CASE e.act {_WORD} END, '', :month, 1 {_EVENTS} WHERE {_OF_UNIT}",
)
"""What each kind of tally counts, as both databases read it; `:none` and `:month` are put in by the words of each."""
_MONTH: Final = {
    True: "substr(e.occurred_on, 1, 7) || '-01'",
    False: "CAST(date_trunc('month', e.occurred_on) AS date)",
}
_NONE: Final = {True: f"'{NO_DAY.isoformat()}'", False: f"DATE '{NO_DAY.isoformat()}'"}


def _must(session: Session) -> str:
    is_sqlite = not is_postgresql(session)
    lines = " UNION ALL ".join(f"SELECT {line}" for line in _LINES)
    lines = lines.replace(":none", _NONE[is_sqlite]).replace(":month", _MONTH[is_sqlite])
    by_unit = f"SELECT {_COLUMNS}, sum(n) AS n FROM ({lines}) AS u GROUP BY {_COLUMNS}"  # noqa: S608  # of our own words
    return (
        f"WITH one AS MATERIALIZED ({by_unit}) SELECT {_COLUMNS}, n FROM one WHERE n <> 0 UNION ALL "  # noqa: S608  # as above
        f"SELECT kind, {EVERYWHERE}, hidden, state, light, day, sum(n) FROM one "
        "GROUP BY kind, hidden, state, light, day HAVING sum(n) <> 0"
    )


def wrong(session: Session) -> int:
    """Return how many lines are not what the cases and events make; takes as long as it takes to read them all."""
    kept = f"SELECT {_COLUMNS}, n FROM tallies WHERE n <> 0"  # noqa: S608  # of our own words
    statement = (
        f"WITH must AS MATERIALIZED ({_must(session)}), kept AS MATERIALIZED ({kept}) SELECT count(*) FROM ("  # noqa: S608  # as above
        f"SELECT {_COLUMNS} FROM (SELECT * FROM must EXCEPT SELECT * FROM kept) AS a UNION "
        f"SELECT {_COLUMNS} FROM (SELECT * FROM kept EXCEPT SELECT * FROM must) AS b) AS d"
    )
    return int(session.scalar(text(statement)) or 0)


def refill(session: Session) -> None:
    """Write all tallies anew from the cases and events; nobody writes meanwhile."""
    session.execute(select(LogHeadRow.size).where(LogHeadRow.id == 1).with_for_update())
    session.execute(delete(_TALLIES))
    session.execute(text(f"INSERT INTO tallies ({_COLUMNS}, n) {_must(session)}"))
