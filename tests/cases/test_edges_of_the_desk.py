"""Acts at the edges of the desk: of tomorrow, of a file nobody kept, of a number that is taken, of an old version."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from states.command import Command
from states.errors import BadData, Conflict, GuardRefused, NotFound, Refused
from states.vocabulary import Act, Role, State
from store.idempotency import IdempotencyKey
from store.named_units import UnknownUnit
from tests.support.days import UNIT, ZONE, at, day
from wiring import now

if TYPE_CHECKING:
    from tests.support.offices import Bench

NOBODY_KEPT = "a" * 64
FINDING = {
    "unit": UNIT,
    "post": f"{UNIT}局长",
    "duty": "art7-1a",
    "inspection": "regular",
    "finding": "年度工作计划未列入法治建设内容",
}


def _kept(bench: Bench, by: str = "liaison") -> str:
    path = bench.settings.home / "现场照片.txt"
    path.write_text("现场照片", "utf-8")
    return bench.keep_evidence(path, at("01-28"), by)


def _register(bench: Bench, on: str, now: datetime, **data: object) -> int:
    actor = bench.actor(Role.INSPECTOR)
    command = Command(act=Act.REGISTER_FINDING, actor=actor, on=day(on), data=FINDING | data)
    return bench.desk.open(command, now).case.id


def test_an_act_of_today_is_entered_and_one_of_tomorrow_is_refused_and_leaves_nothing(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    before = sqlite_bench.case(case)
    actor = sqlite_bench.actor(Role.LIAISON)
    tomorrow = Command(act=Act.SUBMIT_PLAN, actor=actor, on=day("02-11"), data={}, case_id=case)
    with pytest.raises(GuardRefused, match="2026年2月11日"):
        sqlite_bench.desk.do(tomorrow, at("02-10", 23, 59))
    assert sqlite_bench.case(case) == before
    assert sqlite_bench.desk.do(tomorrow, at("02-11", 0)).case.plan == "submitted"


def test_today_is_that_of_the_office_and_not_of_greenwich(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    actor = sqlite_bench.actor(Role.LIAISON)
    command = Command(act=Act.SUBMIT_PLAN, actor=actor, on=day("02-11"), data={}, case_id=case)
    # Half past midnight in the office is still yesterday in Greenwich.
    moment = datetime.fromisoformat("2026-02-10T16:30:00+00:00")
    assert sqlite_bench.desk.do(command, moment).event.occurred_on == day("02-11")


def test_a_case_is_opened_today_and_not_tomorrow(sqlite_bench: Bench) -> None:
    with pytest.raises(GuardRefused):
        _register(sqlite_bench, "01-29", at("01-28", 23))
    assert _register(sqlite_bench, "01-29", at("01-29", 0)) == 1


def test_a_finding_names_only_evidence_that_was_kept(sqlite_bench: Bench) -> None:
    for wrong in (NOBODY_KEPT, "A" * 64, "photo.jpg"):
        with pytest.raises(BadData, match=wrong[:8]):
            _register(sqlite_bench, "01-28", at("01-28"), evidence=[wrong])
    hash_ = _kept(sqlite_bench, "inspector")
    with pytest.raises(BadData):
        _register(sqlite_bench, "01-28", at("01-28"), evidence=[hash_, NOBODY_KEPT])
    case = _register(sqlite_bench, "01-28", at("01-28"), evidence=[hash_])
    assert sqlite_bench.history(case)[0].event.data["evidence"] == [hash_]


def test_whoever_did_not_bring_a_file_cannot_name_it(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    with pytest.raises(BadData):
        sqlite_bench.act(case, Act.SUBMIT_REPORT, "02-20", evidence=[_kept(sqlite_bench, "somebody")])
    sqlite_bench.act(case, Act.SUBMIT_REPORT, "02-20", evidence=[_kept(sqlite_bench, "liaison")])


def test_a_later_act_names_only_evidence_that_was_kept(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    with pytest.raises(BadData, match=NOBODY_KEPT[:8]):
        sqlite_bench.act(case, Act.SUBMIT_REPORT, "02-20", evidence=[NOBODY_KEPT])
    assert sqlite_bench.state(case) is State.ORDERED
    sqlite_bench.act(case, Act.SUBMIT_REPORT, "02-20", evidence=[_kept(sqlite_bench)])


def test_a_number_that_is_taken_opens_no_second_case(sqlite_bench: Bench) -> None:
    case = _register(sqlite_bench, "01-28", at("01-28"), number="临法治督案〔2026〕9号")
    with pytest.raises(BadData, match="9号"):
        _register(sqlite_bench, "01-28", at("01-28"), number="临法治督案〔2026〕9号")
    following = _register(sqlite_bench, "01-28", at("01-28"))
    assert sqlite_bench.case(following).number == "临法治督案〔2026〕10号"
    assert sqlite_bench.case(case).number == "临法治督案〔2026〕9号"


@pytest.mark.parametrize(
    ("number", "is_ours"),
    [
        ("临法治督案〔2026〕9号", True),
        ("临法治督〔2026〕9号", True),
        ("临法治督〔2026〕9", True),
        ("县纪〔2026〕9号", False),
        ("临法治督〔今年〕9号", False),
        ("临法治督〔２０２６〕9号", False),
        ("临法治督〔2026〕九号", False),
        ("临法治督〔2026〕９号", False),
        ("9号", False),
        ("", False),
    ],
)
def test_a_series_goes_on_behind_its_own_numbers_and_counts_none_of_another_office(
    sqlite_bench: Bench, number: str, is_ours: bool
) -> None:
    numbering = sqlite_bench.desk.numbering
    with sqlite_bench.office.database.transaction() as session:
        assert numbering.use(session, number) is is_ours
        next_ = (numbering.next_case_number(session, day("02-10")), numbering.next_document(session, day("02-10")))
    of_cases, of_documents = number.startswith("临法治督案") and is_ours, number.startswith("临法治督〔") and is_ours
    assert next_ == (f"临法治督案〔2026〕{10 if of_cases else 1}号", f"临法治督〔2026〕{10 if of_documents else 1}号")


def test_the_number_of_a_document_from_elsewhere_stands_in_the_case_and_not_among_our_own(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    sqlite_bench.act(case, Act.URGE, "02-24", document_number=" 县纪[2026]3号 ")
    assert sqlite_bench.history(case)[-1].event.data["document_number"] == "县纪〔2026〕3号"
    assert sqlite_bench.office.console.documents("县纪") == []
    sqlite_bench.act(case, Act.URGE, "03-04", document_number="auto")
    assert sqlite_bench.history(case)[-1].event.data["document_number"] == "临法治督〔2026〕1号"
    assert [one.number for one in sqlite_bench.office.console.documents("")] == ["临法治督〔2026〕1号"]


@pytest.mark.parametrize("seen", [1, 2, 3])
def test_whoever_saw_another_version_is_told_so(sqlite_bench: Bench, seen: int) -> None:
    case = sqlite_bench.ordered()
    actor = sqlite_bench.actor(Role.LIAISON)
    command = Command(act=Act.SUBMIT_PLAN, actor=actor, on=day("02-10"), data={}, case_id=case, seen=seen)
    if seen == 2:
        assert sqlite_bench.desk.do(command, at("02-10")).case.version == 3
    else:
        with pytest.raises(Conflict):
            sqlite_bench.desk.do(command, at("02-10"))
        with pytest.raises(Conflict):
            sqlite_bench.desk.try_out(command, at("02-10"))


def test_what_is_tried_out_or_rehearsed_is_not_written(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    actor = sqlite_bench.actor(Role.LIAISON)
    before = sqlite_bench.case(case)
    plan = Command(act=Act.SUBMIT_PLAN, actor=actor, on=day("02-10"), data={}, case_id=case)
    sqlite_bench.desk.try_out(plan, at("02-10"))
    part = Command(
        act=Act.TRANSFER,
        actor=sqlite_bench.actor(Role.LEADER),
        on=day("02-10"),
        data={"receiver": "市纪委监委", "partial": True, "rest": "制度建设部分"},
        case_id=case,
    )
    sqlite_bench.desk.try_out(part, at("02-10"))
    register = Command(
        act=Act.REGISTER_FINDING, actor=sqlite_bench.actor(Role.INSPECTOR), on=day("02-10"), data=FINDING
    )
    order = Command(act=Act.SERVE_ORDER, actor=sqlite_bench.actor(Role.DIRECTOR), on=day("02-10"), data={})
    sqlite_bench.desk.rehearse(register, [order], at("02-10"))
    assert sqlite_bench.case(case) == before
    assert len(sqlite_bench.history(case)) == 2
    with pytest.raises(NotFound):
        sqlite_bench.case(case + 1)
    refused = Command(act=Act.DISMISS, actor=sqlite_bench.actor(Role.DIRECTOR), on=day("02-10"), data={})
    with pytest.raises(Refused):
        sqlite_bench.desk.rehearse(register, [order, refused], at("02-10"))


def test_what_is_opened_and_ordered_together_is_entered_together_or_not_at_all(sqlite_bench: Bench) -> None:
    register = Command(
        act=Act.REGISTER_FINDING, actor=sqlite_bench.actor(Role.INSPECTOR), on=day("02-06"), data=FINDING
    )
    order = Command(
        act=Act.SERVE_ORDER, actor=sqlite_bench.actor(Role.DIRECTOR), on=day("02-06"), data={"term": "15wd"}
    )
    too_late = Command(act=Act.SERVE_ORDER, actor=sqlite_bench.actor(Role.DIRECTOR), on=day("02-07"), data={})
    with pytest.raises(Refused):
        sqlite_bench.desk.open_and_do(register, [order, too_late], at("02-06"))
    done = sqlite_bench.desk.open_and_do(register, [order], at("02-06"))
    assert (done.case.state, done.case.version, done.case.number[-2:]) == (State.ORDERED, 2, "1号")
    # The answer tells of the last of the two, with what was reckoned for it, and of nothing that the first one said.
    assert done.event.act is Act.SERVE_ORDER
    assert "starts" in done.event.data
    assert not {"finding", "unit", "post"} & done.event.data.keys()


def test_a_part_that_is_handed_over_becomes_a_sealed_child_and_the_parent_names_it(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered(confidentiality="work_secret")
    part: dict[str, Any] = {"receiver": "市纪委监委", "partial": True, "part": "收受礼金的线索", "rest": "制度建设部分"}
    done = sqlite_bench.act(case, Act.TRANSFER, "02-10", role=Role.LEADER, **part)
    number = sqlite_bench.case(case).number
    assert done.event.data["child"] == f"{number}-移1"
    assert "part" not in done.event.data
    child = sqlite_bench.case(case + 1)
    assert (child.number, child.state, child.target) == (f"{number}-移1", State.TRANSFERRED, "市纪委监委")
    assert child.confidentiality == "work_secret"
    registered = sqlite_bench.history(case + 1)[0].event
    assert (registered.data["finding"], registered.data["source"]) == ("收受礼金的线索", f"部分移送自{number}")
    assert registered.actor.role is Role.DIRECTOR
    sqlite_bench.act(case, Act.TRANSFER, "02-11", role=Role.LEADER, **(part | {"part": "另一条"}))
    assert sqlite_bench.case(case + 2).number == f"{number}-移2"
    assert sqlite_bench.case(case).is_open


def test_a_look_at_a_restricted_case_says_who_looked_and_at_which_door(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    sqlite_bench.act(case, Act.TRANSFER, "02-10", role=Role.LEADER, receiver="市纪委监委")
    before = sqlite_bench.case(case)
    sqlite_bench.desk.looked(case, sqlite_bench.actor(Role.DISCIPLINE, "纪检员"), "page/case", at("02-11"))
    looked = sqlite_bench.history(case)[-1].event
    assert (looked.act, looked.data) == (
        Act.CASE_VIEWED,
        {"who": "纪检员", "role": "discipline", "how": "page/case"},
    )
    assert looked.occurred_on == day("02-11")
    assert sqlite_bench.case(case).version == before.version + 1
    assert sqlite_bench.office.proofs.verify().ok


# --- replay ------------------------------------------------------------------------------------------------------


def test_a_replay_of_a_day_shows_all_that_happened_until_its_end(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered("02-06")
    sqlite_bench.act(case, Act.SUBMIT_PLAN, "02-13", hour=23)
    last = datetime.combine(day("02-13"), time.max, ZONE)
    assert sqlite_bench.office.proofs.replay(case, last, now()).case.plan == "submitted"
    assert sqlite_bench.office.proofs.replay(case, at("02-13", 23), now()).case.plan == "submitted"
    assert sqlite_bench.office.proofs.replay(case, at("02-13", 23) - timedelta(microseconds=1), now()).case.plan == ""


def test_what_was_entered_later_took_effect_at_the_beginning_of_its_day(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered("02-06")
    actor = sqlite_bench.actor(Role.LIAISON)
    command = Command(act=Act.SUBMIT_PLAN, actor=actor, on=day("02-13"), data={}, case_id=case)
    sqlite_bench.desk.do(command, at("02-16", 15))
    midnight = at("02-13", 0)
    assert sqlite_bench.office.proofs.replay(case, midnight, now()).case.plan == "submitted"
    assert sqlite_bench.office.proofs.replay(case, midnight - timedelta(microseconds=1), now()).case.plan == ""


def test_a_look_at_the_case_does_not_keep_back_what_was_entered_for_an_earlier_day_after_it(
    sqlite_bench: Bench,
) -> None:
    case = sqlite_bench.ordered("02-06")
    sqlite_bench.act(case, Act.TRANSFER, "02-10", role=Role.LEADER, receiver="市纪委监委")
    sqlite_bench.desk.looked(case, sqlite_bench.actor(Role.LEADER), "show", at("02-20"))
    actor = sqlite_bench.actor(Role.DISCIPLINE)
    signed = Command(act=Act.ACKNOWLEDGE, actor=actor, on=day("02-12"), data={"signed_by": "案件室"}, case_id=case)
    sqlite_bench.desk.do(signed, at("02-21"))
    then = sqlite_bench.office.proofs.replay(case, at("02-15"), now())
    assert [recorded.event.act for recorded in then.events] == [
        Act.REGISTER_FINDING,
        Act.SERVE_ORDER,
        Act.TRANSFER,
        Act.ACKNOWLEDGE,
    ]
    assert not then.differs


def test_a_replay_before_the_case_says_that_nothing_had_happened(sqlite_bench: Bench) -> None:
    case = sqlite_bench.open("01-28")
    with pytest.raises(NotFound, match=r"^2026年1月28日（周三）09:59，本案还没有任何记录。$"):
        sqlite_bench.office.proofs.replay(case, at("01-28", 10) - timedelta(seconds=1), now())
    assert sqlite_bench.office.proofs.replay(case, at("01-28", 10), now()).case.state is State.FOUND


def test_a_case_is_merged_into_another_open_one_of_its_unit_by_its_number_and_into_no_other(
    sqlite_bench: Bench,
) -> None:
    bench, other = sqlite_bench, "临溪市水利局"
    case, target, elsewhere = bench.ordered(), bench.ordered(), bench.ordered(unit=other)
    over = bench.open()
    bench.act(over, Act.DISMISS, "02-02", reason="查否")
    numbers = {id_: bench.case(id_).number for id_ in (case, target, elsewhere, over)}
    for wrong in (numbers[elsewhere], numbers[over], numbers[case], "临法治督案〔2026〕99号"):
        with pytest.raises(GuardRefused, match="只能并入同一单位"):
            bench.act(case, Act.MERGE_INTO, "02-10", target=wrong)
    bench.act(case, Act.MERGE_INTO, "02-10", target=numbers[target])
    assert (bench.state(case), bench.case(case).target, bench.state(target)) == (
        State.MERGED,
        numbers[target],
        State.ORDERED,
    )


def test_a_request_that_is_sent_twice_opens_and_acts_once_and_is_answered_as_it_was_then(sqlite_bench: Bench) -> None:
    bench, desk = sqlite_bench, sqlite_bench.desk
    first, second = (IdempotencyKey("handler", key, "0" * 64) for key in ("一", "二"))
    finding = Command(act=Act.REGISTER_FINDING, actor=bench.actor(Role.INSPECTOR), on=day("01-28"), data=FINDING)
    assert desk.asked_before(first) is None
    assert desk.asked_before(None) is None
    opened = desk.open(finding, at("01-28"), once=first)
    case_id = opened.case.id
    order = Command(
        act=Act.SERVE_ORDER, actor=bench.actor(Role.DIRECTOR), on=day("02-06"), data={"term": "15wd"}, case_id=case_id
    )
    served = desk.do(order, at("02-06"), once=second)
    again = desk.open(finding, at("02-09"), once=first)
    assert (again.case.state, again.seq, again.hash) == (State.FOUND, opened.seq, opened.hash)
    assert again.case.finding == FINDING["finding"]
    assert again.event.data["finding"] == FINDING["finding"]
    twice = desk.do(order, at("02-09"), once=second)
    assert (twice.case.state, twice.seq, twice.hash) == (State.ORDERED, served.seq, served.hash)
    found = desk.asked_before(second)
    assert found is not None
    assert (found.event.act, found.seq) == (Act.SERVE_ORDER, served.seq)
    assert len(bench.history(case_id)) == 2
    with pytest.raises(Conflict):
        desk.do(order, at("02-09"), once=IdempotencyKey("handler", "二", "1" * 64))


def test_whoever_does_not_see_a_case_can_do_nothing_to_it(sqlite_bench: Bench) -> None:
    bench, case = sqlite_bench, sqlite_bench.ordered()
    bench.open(unit="临溪市水利局")
    command = Command(act=Act.SUBMIT_PLAN, actor=bench.actor(Role.LIAISON), on=day("02-10"), data={}, case_id=case)
    with pytest.raises(NotFound):
        bench.desk.do(command, at("02-10"), reader=bench.reader(Role.LIAISON, "临溪市水利局"))
    assert bench.case(case).plan == ""
    assert bench.desk.do(command, at("02-10"), reader=bench.reader(Role.LIAISON, UNIT)).case.plan == "submitted"


def test_another_writing_of_a_known_unit_opens_nothing_unless_somebody_says_that_it_is_new(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    bench.open(unit="临溪市文化和旅游局")
    actor, data = bench.actor(Role.INSPECTOR), FINDING | {"unit": "临溪市文旅局"}
    register = Command(act=Act.REGISTER_FINDING, actor=actor, on=day("01-28"), data=data)
    for refused in (bench.desk.open_and_do, bench.desk.rehearse):
        with pytest.raises(UnknownUnit):
            refused(register, [], at("01-28"))
    with pytest.raises(UnknownUnit):
        bench.desk.open(register, at("01-28"))
    case, _ = bench.desk.rehearse(register, [], at("01-28"), new_unit=True)
    assert case.unit == "临溪市文旅局"
    assert bench.desk.open_and_do(register, [], at("01-28"), new_unit=True).case.unit == "临溪市文旅局"
