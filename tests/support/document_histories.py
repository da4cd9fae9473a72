"""The storylines' cases as histories of events, written down by hand: what a document needs, without a desk.

The events are those of STORYLINES; their due days are the storylines' own, so a document that prints another day than
the storyline says is wrong, whatever the rules do.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from config.calendars import library_calendar
from config.policy import find_policy, read_policy
from documents.known import DraftingDay
from documents.summary import CaseSummary, Names, summary_of
from states.case import Actor, Event
from states.evolve import fold
from states.vocabulary import NAMES, Act, Role, State
from tests.support.offices import day

if TYPE_CHECKING:
    from collections.abc import Iterable

CALENDAR: Final = library_calendar()
POLICY: Final = read_policy(find_policy("sichuan-2017"))
OFFICE: Final = "中共临溪市委全面依法治市委员会办公室"
Line = tuple[str, str, dict[str, Any]]


def started(kind: str, due_on: str, started_on: str, term: str, party: str = "unit") -> dict[str, Any]:
    return {
        "kind": kind,
        "party": party,
        "due_on": day(due_on).isoformat(),
        "started_on": day(started_on).isoformat(),
        "term": term,
        "basis": "",
        "provisional": False,
        "calendar_hash": CALENDAR.hash,
    }


_STATES: Final = {
    "register_finding": State.FOUND,
    "serve_order": State.ORDERED,
    "publish_criticism": State.CRITICIZED,
    "hold_interview": State.INTERVIEWED,
    "record_accountability": State.HELD,
    "approve_closure": State.CLOSED,
    "transfer": State.TRANSFERRED,
}


def summary(lines: Iterable[Line], superior: str = "") -> CaseSummary:
    """Return the case that these lines (act, day, data) make."""
    events: list[Event] = []
    state: State | None = None
    for place, (act, on, data) in enumerate(lines, start=1):
        after = _STATES.get(act, state) or State.FOUND
        if act == "decide_tolerance" and data.get("outcome") == "granted":
            after = State.EXEMPTED
        actor = Actor(user="刘芳", role=Role.HANDLER, unit=OFFICE)
        moment = datetime(2026, 11, 24, 1, tzinfo=UTC)
        events.append(Event(1, place, Act(act), day(on), moment, actor, data, state, after, POLICY.hash, CALENDAR.hash))
        state = after
    case = fold(events)
    assert case is not None
    return summary_of(case, events, names(superior), POLICY)


def names(superior: str = "") -> Names:
    return Names(
        office=OFFICE,
        office_short="中共临溪市委依法治市办",
        duty_title="落实行政执法责任制",
        superior=superior,
        series="临法治督",
        acts={act.value: NAMES[act][0] for act in Act},
        states={state.value: NAMES[state][0] for state in State},
    )


def drawn_up(on: str) -> DraftingDay:
    return DraftingDay(day(on), CALENDAR)


def finding(unit: str, unit_kind: str, on: str, place: int, text: str, **more: Any) -> Line:
    data = {
        "unit": unit,
        "unit_kind": unit_kind,
        "post": f"{unit}主要负责人",
        "number": f"临法治督案〔2026〕{place}号",
        "duty": "art6-3a",
        "inspection": "special",
        "finding": text,
        "criteria": "逐件复核纠正，报告由主要负责人签字",
        "starts": [started("decision", on, on, "10wd", "office")],
    }
    return ("register_finding", on, data | more)


ITEMS: Final = [
    {"fact": "未制定学法计划", "criterion": "印发学法计划并组织两次学习", "term": "2026年3月5日"},
    {"fact": "执法人员未持证上岗", "criterion": "持证率100%", "term": "2026年3月5日"},
]


def s1() -> list[Line]:
    """S1 (F07): closed at the first rung, across Spring Festival."""
    served = [started("plan", "02-27", "02-06", "10wd"), started("rectification", "03-05", "02-06", "15wd")]
    return [
        finding("临溪市文化和旅游局", "department", "01-28", 7, "年度工作计划未列入法治建设内容", inspection="regular"),
        (
            "serve_order",
            "02-06",
            {"term": "15wd", "starts": served, "document_number": "临法治督〔2026〕3号", "stops": ["decision"]},
        ),
        ("submit_plan", "02-13", {"signed_by": "局长", "stops": ["plan"]}),
        ("submit_report", "03-04", {"in_time": True, "signed_by": "局长"}),
        ("verify_pass", "03-11", {"verifiers": ["核查人员甲", "核查人员乙"]}),
        ("approve_closure", "03-13", {"starts": [started("look_back", "06-10", "03-13", "60wd", "office")]}),
        ("look_back_pass", "06-08", {"verifiers": ["核查人员甲", "核查人员丙"]}),
    ]


def s2() -> list[Line]:
    """S2 (F09): all rungs up to the proposal."""
    return [
        finding("云台县综合行政执法局", "department", "03-11", 9, "抽查12宗案卷，均未作法制审核"),
        (
            "serve_order",
            "03-19",
            {
                "term": "30wd",
                "starts": [
                    started("plan", "04-02", "03-19", "10wd"),
                    started("rectification", "05-06", "03-19", "30wd"),
                ],
                "document_number": "临法治督〔2026〕9号",
            },
        ),
        (
            "publish_criticism",
            "05-15",
            {
                "starts": [
                    started("rectification", "06-05", "05-15", "15wd"),
                    started("objection", "06-15", "05-15", "30d"),
                ],
                "document_number": "临法治督〔2026〕17号",
                "circulated_to": ["各县区党委、政府", "市直各部门"],
            },
        ),
        ("record_help", "05-21", {"helpers": ["帮扶组甲"], "what": "讲解法制审核的程序和文书"}),
        ("submit_report", "06-05", {"in_time": True, "signed_by": "局长"}),
        ("verify_fail", "06-24", {"verifiers": ["核查人员甲", "核查人员乙"], "reason": "12宗中仅3宗完成"}),
        (
            "hold_interview",
            "07-06",
            {
                "interviewee": "云台县综合行政执法局局长",
                "convenor": "市委依法治市办主任",
                "recorders": ["记录人甲", "记录人乙"],
            },
        ),
        ("issue_minutes", "07-09", {"starts": [started("rectification", "08-06", "07-09", "20wd")]}),
        ("verify_fail", "08-06", {"verifiers": ["核查人员甲", "核查人员乙"], "reason": "12宗中完成9宗"}),
        ("propose_accountability", "08-17", {"receiver": "中共云台县委"}),
    ]


def s3() -> list[Line]:
    """S3 (F14): a county government; extension, then error tolerance."""
    return [
        finding("青禾县人民政府", "government", "06-09", 14, "重大行政决策未公开征求意见"),
        (
            "serve_order",
            "06-16",
            {
                "term": "30wd",
                "authorization_note": "经市委同意",
                "starts": [
                    started("plan", "07-01", "06-16", "10wd"),
                    started("rectification", "07-29", "06-16", "30wd"),
                ],
                "document_number": "临法治督〔2026〕22号",
            },
        ),
        ("suspend", "07-13", {"reason": "防汛一级响应", "paused": [["rectification", 13]]}),
        ("resume", "08-03", {"starts": [started("rectification", "08-20", "06-16", "30wd")], "reason": "防汛响应解除"}),
        ("request_extension", "08-12", {"reason": "征求意见期未满", "term": "15wd"}),
        (
            "approve_extension",
            "08-14",
            {"starts": [started("rectification", "09-10", "06-16", "15wd")], "term": "15wd"},
        ),
        ("request_tolerance", "08-25", {"reason": "改革试点中的失误"}),
        ("accept_tolerance", "08-31", {}),
        ("submit_report", "09-09", {"in_time": True, "signed_by": "局长"}),
        ("verify_pass", "09-15", {"verifiers": ["核查人员甲", "核查人员乙"]}),
        (
            "decide_tolerance",
            "09-18",
            {
                "outcome": "granted",
                "views": ["市委组织部：同意", "市纪委监委机关：无不同意见"],
                "reason": "符合先行先试情形",
            },
        ),
    ]


def township() -> list[Line]:
    """A township, found by an unannounced visit; a clue in it is handed over."""
    return [
        finding(
            "柏木镇人民政府",
            "township",
            "11-17",
            24,
            "3名工作人员未取得执法证件，单独实施处罚12起",
            inspection="unannounced",
        ),
    ]


def until(lines: list[Line], act: str) -> list[Line]:
    """Return the lines before the first of this act."""
    return lines[: next(place for place, line in enumerate(lines) if line[0] == act)]
