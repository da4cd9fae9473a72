"""The pages of the proof: the log of the whole office, checkpoints, keys, and the whole history verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from audit.differences import differences
from states.case import is_sealed_for
from states.errors import BadTerm, NotPermitted, Problem, Sentence
from states.evolve import evolve
from states.terms import parse_date
from states.vocabulary import Act
from store import event_search
from web.dependencies import clean_query, reader_of, status_of
from web.page import AUDITORS, Here, Visit
from web.views import line_shown
from web.words import moment
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from audit.differences import Difference
    from states.case import Case
    from store.cases import Stored
    from store.events import Recorded

PAGE: Final = 50
EVENTS: Final = 25
LONGEST: Final = 400
_FILTERS: Final = ("act", "person", "unit", "case", "first", "last")
_VERIFIED: Final = Sentence(
    "校验通过：{n}条事件，另有{records}条案外记录。", "Verified: {n} events, and {records} records outside cases."
)
_NOT_COVERED: Final = Sentence("以下不在校验范围之内：", "This is not covered:")
_NOT_VERIFIED: Final = Sentence("校验不通过：{wrong}", "Not verified: {wrong}")
_NO_AUDIT: Final = Sentence("您没有审计权限。", "The audit pages are not for your role.")
_ORDER: Final = Sentence("起始日期晚于截止日期，请对调。", "The first day is later than the last; exchange them.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/audit")
def audit_page(visit: Here) -> Response:
    """Show the log as the address filters it, with what each event changed; checkpoints and keys."""
    return _audit(visit)


def _audit(visit: Visit, *, said: str = "", wrong: str = "") -> HTMLResponse:
    if visit.person.role not in AUDITORS:
        raise NotPermitted(_NO_AUDIT)
    asked = {key: visit.asked(key) for key in _FILTERS}
    status, wanted = 200, event_search.Wanted()
    try:
        wanted = _wanted(asked)
    except Problem as problem:
        status, wrong = status_of(problem), problem.sentence.text(visit.lang)
    log = visit.here.proofs.logged(
        reader_of(visit.person), wanted, before=visit.number("before", most=2**53), most=EVENTS, longest=LONGEST
    )
    found = log.found
    given = {key: value for key, value in asked.items() if value}
    shown: dict[str, Any] = {
        "checkpoints": [
            (one, moment(one.signed_at, visit.here.today(now()), visit.here.settings.tz, visit.lang))
            for one in log.checkpoints[::-1][:PAGE]
        ],
        "keys": log.keys,
        "latest": [_line(visit, recorded, log.known, log.histories) for recorded in found.events],
        "asked": asked,
        "filtered": bool(given),
        "every_act": list(Act),
        "newest": "/audit?" + urlencode(given) if visit.asked("before") else "",
        "further": "/audit?" + urlencode(given | {"before": found.before}) if found.before else "",
    }
    return visit.page("audit.html", status=status, said=said, wrong=wrong, **shown)


def _wanted(asked: dict[str, str]) -> event_search.Wanted:
    first, last = (_day(asked[key]) for key in ("first", "last"))
    if first is not None and last is not None and first > last:
        raise BadTerm(_ORDER)
    return event_search.Wanted(
        act=Act(asked["act"]) if asked["act"] in list(Act) else None,
        person=asked["person"],
        unit=asked["unit"],
        case=asked["case"],
        first=first,
        last=last,
    )


def _day(text: str) -> date | None:
    return parse_date(text) if text else None


def _line(
    visit: Visit, recorded: Recorded, known: dict[int, Stored], histories: dict[int, list[Recorded]]
) -> dict[str, Any]:
    case = known[recorded.event.case_id].case
    line = line_shown(recorded, case, visit, []) | {"number": case.number, "unit": case.unit, "hash": recorded.hash}
    if is_sealed_for(case, None):
        # In a list nobody reads what is sealed; who may, asks for the case, and that is written down.
        return line | {"data": [], "user": "—", "changed": [], "sealed": True}
    return line | {"changed": _changed(recorded, histories.get(case.id, [])), "sealed": False}


def _changed(recorded: Recorded, history: list[Recorded]) -> list[Difference]:
    """Return what the event changed in its case; nothing for the first event, which makes it."""
    before: Case | None = None
    for earlier in history:
        if earlier.event.case_seq == recorded.event.case_seq:
            return differences(before, evolve(before, earlier.event)) if before is not None else []
        before = evolve(before, earlier.event)
    return []


@router.post("/audit")
def verify_from_page(visit: Here) -> Response:
    """Verify the whole history."""
    if visit.person.role not in AUDITORS:
        raise NotPermitted(_NO_AUDIT)
    verdict = visit.here.proofs.verify()
    if verdict.ok:
        said = [_VERIFIED.fill(n=verdict.events, records=verdict.records), _NOT_COVERED, *verdict.not_covered]
        return _audit(visit, said=" ".join(line.text(visit.lang) for line in said))
    return _audit(visit, wrong=_NOT_VERIFIED.fill(wrong=verdict.first_wrong).text(visit.lang))
