"""A part that was handed over as a clue is read by leaders and the discipline organ alone, at every moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cases.event_visibility import visible_event
from states.case import sealed_for
from states.case_codec import dump
from states.errors import Refused
from states.evolve import fold
from states.vocabulary import Act, Role
from store import personal_data

if TYPE_CHECKING:
    from tests.support.offices import Bench

SEALED = "收受礼金"
KEPT = "制度不健全"
READS_ON = {Role.LEADER, Role.DISCIPLINE}
HANDED: dict[str, Any] = {"receiver": "市纪委监委", "partial": True, "part": SEALED, "rest": KEPT}


def lived(bench: Bench) -> int:
    """Let a case live in which every prose speaks of the clue, up to a report; return its id."""
    case_id = bench.open("01-28", finding=f"{KEPT}；{SEALED}")
    items = [{"fact": SEALED, "criterion": SEALED}]
    bench.act(case_id, Act.SERVE_ORDER, "02-06", term="15wd", criteria=f"查清{SEALED}", items=items)
    measures = [{"item": 1, "measure": SEALED, "person": "局长", "day": "2026-03-01"}]
    bench.act(case_id, Act.SUBMIT_PLAN, "02-10", measures=measures, note=SEALED)
    bench.act(case_id, Act.ACCEPT_PLAN, "02-11")
    bench.act(case_id, Act.REPORT_PROGRESS, "02-24", progress=[{"item": 1, "state": SEALED}])
    bench.act(case_id, Act.REQUEST_EXTENSION, "02-25", term="5wd", reason=SEALED, signed_by="局长")
    bench.act(case_id, Act.REFUSE_EXTENSION, "02-26", reason=SEALED)
    answers = [{"item": 1, "answer": SEALED, "no_evidence": SEALED}]
    bench.act(case_id, Act.SUBMIT_REPORT, "02-27", note=SEALED, answers=answers)
    verdicts = [{"item": 1, "verdict": "passed", "remark": SEALED}]
    bench.act(case_id, Act.VERIFY_PASS, "02-28", verifiers=["甲", "乙"], verdicts=verdicts, note=SEALED)
    return case_id


def said_of(bench: Bench, case_id: int, role: Role) -> dict[str, str]:
    """Return all that this role reads of a case: as it stands, of every event, at every moment of the past."""
    events = [recorded.event for recorded in bench.history(case_id)]
    with bench.office.database.reading() as session:
        case = personal_data.shown(session, bench.case(case_id))
    said = {"case": dump(sealed_for(case, role))}
    for n, event in enumerate(events, 1):
        said[f"event {n}"] = json.dumps(dict(visible_event(event, case, role).data), ensure_ascii=False)
        past = fold(events[:n])
        assert past is not None
        said[f"moment {n}"] = dump(sealed_for(past, role, today=case))
    return said


@pytest.mark.parametrize("role", [role for role in Role if role not in READS_ON], ids=str)
def test_no_moment_and_no_event_tells_the_unit_or_ordinary_staff_of_the_part(bench: Bench, role: Role) -> None:
    case_id = lived(bench)
    bench.act(case_id, Act.TRANSFER, "03-02", **HANDED)
    said = said_of(bench, case_id, role)
    assert [where for where, text in said.items() if SEALED in text] == []
    assert KEPT in said["case"]


def test_the_leader_reads_on(bench: Bench) -> None:
    case_id = lived(bench)
    bench.act(case_id, Act.TRANSFER, "03-02", **HANDED)
    assert SEALED in said_of(bench, case_id, Role.LEADER)["event 1"]


def test_of_a_second_part_nothing_is_told_at_the_moments_between_the_two(bench: Bench) -> None:
    case_id = bench.ordered(finding=f"{KEPT}；{SEALED}；线索甲")
    bench.act(case_id, Act.TRANSFER, "02-09", **{**HANDED, "part": "线索甲", "rest": f"{KEPT}；{SEALED}"})
    bench.act(case_id, Act.TRANSFER, "02-10", **HANDED)
    said = said_of(bench, case_id, Role.HANDLER)
    assert [where for where, text in said.items() if SEALED in text] == []


def test_what_is_written_after_the_handing_over_is_read_again(bench: Bench) -> None:
    case_id = bench.ordered(finding=f"{KEPT}；{SEALED}")
    bench.act(case_id, Act.TRANSFER, "02-09", **HANDED)
    bench.act(case_id, Act.SUBMIT_REPORT, "02-27", note="已建章立制")
    event = bench.history(case_id)[-1].event
    assert visible_event(event, bench.case(case_id), Role.HANDLER).data["note"] == "已建章立制"


def test_a_part_is_not_handed_over_while_an_act_waits_for_its_second_signature(bench: Bench) -> None:
    case_id = bench.ordered(finding=f"{KEPT}；{SEALED}")
    bench.act(case_id, Act.SUBMIT_REPORT, "02-27")
    bench.act(case_id, Act.VERIFY_PASS, "02-28", verifiers=["甲", "乙"], note=SEALED, signed=False)
    with pytest.raises(Refused, match="会签"):
        bench.act(case_id, Act.TRANSFER, "03-02", signed=False, **HANDED)
    bench.act(case_id, Act.REFUSE_COUNTERSIGN, "03-02", user="second", role=Role.HANDLER, reason="先移送")
    bench.act(case_id, Act.TRANSFER, "03-02", **HANDED)
    said = said_of(bench, case_id, Role.HANDLER)
    assert [where for where, text in said.items() if SEALED in text] == []


def test_no_document_drawn_up_afterwards_tells_of_the_part(bench: Bench) -> None:
    case_id = lived(bench)
    bench.act(case_id, Act.TRANSFER, "03-02", **HANDED)
    with bench.office.database.reading() as session:
        summary = bench.office.documents.papers.summary(session, case_id)  # what every document is made of
    assert SEALED not in repr(summary)
    assert KEPT in repr(summary)
