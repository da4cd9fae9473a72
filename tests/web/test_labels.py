"""Whatever stands in an event is called by a name that people know: no raw key stands in front of a reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from states.vocabulary import Act
from web.views import COMPUTED, label

if TYPE_CHECKING:
    from tests.support.offices import Bench


def test_every_datum_of_a_long_life_has_a_name(bench: Bench) -> None:
    climbs, closed = bench.ordered("02-06"), bench.ordered("02-06")
    bench.act(closed, Act.SUBMIT_REPORT, "02-20")
    bench.act(closed, Act.VERIFY_PASS, "02-24", verifiers=["甲", "乙"])
    bench.act(closed, Act.APPROVE_CLOSURE, "02-26")
    bench.pass_days("02-07", "05-20")
    raw = {
        (recorded.event.act.value, key)
        for case_id in (climbs, closed)
        for recorded in bench.history(case_id)
        for key, value in recorded.event.data.items()
        if key not in COMPUTED and value not in (False, "", None) and label(recorded.event.act, key, "zh-CN") == key
    }
    assert raw == set()
