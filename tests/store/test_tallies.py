"""Tallies count what is there whatever happens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text, update

from states.vocabulary import Act
from store import counters
from store.schema.counters import CounterRow
from tests.support.offices import Bench, at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def _lines(session: Session) -> set[tuple[object, ...]]:
    return {tuple(row) for row in session.execute(text("SELECT * FROM tallies WHERE n <> 0"))}


def test_a_life_through_many_states_leaves_every_line_as_a_count_would(bench: Bench) -> None:
    moved = bench.ordered()
    bench.sweeps.sweep(at("03-20"), at("03-20"))
    handed_over = bench.open("01-28", unit="临溪市民政局")
    bench.act(handed_over, Act.SERVE_ORDER, "02-06", term="15wd")
    bench.act(handed_over, Act.TRANSFER, "02-09", receiver="市纪委监委")
    bench.act(moved, Act.TRANSFER, "03-20", receiver="市纪委监委", partial=True, part="线索", rest="制度不健全")
    with bench.office.database.transaction() as session:
        kept = _lines(session)
        marks = {line[2] for line in kept}
        assert marks == {0, counters.HANDED_OVER}
        assert counters.wrong(session) == 0
        counters.refill(session)
        assert _lines(session) == kept


def test_a_tally_that_is_wrong_is_found_at_night_and_written_anew(bench: Bench) -> None:
    bench.ordered()
    with bench.office.database.transaction() as session:
        session.execute(update(CounterRow).where(CounterRow.kind == counters.NOW).values(n=7))
    found = bench.office.rounds.rebuild(at("02-10")).differing
    assert len(found) == 1
    assert found[0].startswith("tallies: ")
    assert bench.office.rounds.rebuild(at("02-11")).differing == ()
