"""Messages are counted at night, and by day only what came since; the sum is that of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import outbox
from store.schema.outbox import OutboxRow
from tests.support.offices import at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.support.offices import Bench


def counted_all(session: Session) -> dict[str, int]:
    return dict(session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state)).all())


def test_what_was_counted_in_the_night_and_what_came_since_are_all_messages(bench: Bench) -> None:
    with bench.office.database.reading() as session:
        assert outbox.summary(session) == {}
    bench.ordered("02-06")
    with bench.office.database.transaction() as session:
        before = counted_all(session)
        assert before.keys() == {"waiting"}
        assert outbox.summary(session) == before
        outbox.count_all(session, at("02-06", 10))  # of the same hour: nothing is settled yet
        assert outbox.summary(session) == before
        outbox.count_all(session, at("02-07", 3))
        assert outbox.summary(session) == before
    bench.ordered("02-09")
    with bench.office.database.transaction() as session:
        ids = list(session.scalars(select(OutboxRow.id).order_by(OutboxRow.id)))
        for id_, state in ((ids[0], "sent"), (ids[1], "failed"), (ids[-1], "sent")):
            session.get_one(OutboxRow, id_).state = state
        session.flush()
        assert outbox.summary(session) == counted_all(session)
        assert outbox.summary(session)["sent"] == 2


def test_the_nightly_comparison_counts_messages(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    bench.ordered("02-06")
    bench.office.rounds.rebuild(at("02-07", 3))
    with bench.office.database.reading() as session:
        last, n = outbox._counted(session)  # what is asked by day
        assert (last, n) == (sum(counted_all(session).values()),) * 2
        assert outbox.summary(session) == counted_all(session)
