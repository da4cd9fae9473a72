"""The handover list of a post (交接清单) and who knew of a case by which day: for the two heads, and for the office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from cases.handover import handover, who_knew
from cases.waiting import Waits
from notifications.wording import NOTICES
from states.errors import Sentence
from states.obligation import OBLIGATION_STATES
from states.terms import parse_date
from states.vocabulary import Role
from store.ids import LARGEST_ID
from store.visibility import READS_FILES
from web.api import CaseId
from web.dependencies import clean_query, reader_of
from web.page import OFFICE_SIDE, Here, Visit, open_to
from web.words import moment
from wiring import now

if TYPE_CHECKING:
    from datetime import date

    from store.message_holders import HeldPost

READERS: Final = (*READS_FILES, Role.HEAD)
"""Who reads the files of heads reads what is handed over with their posts (docs/domain.md §2.7)."""
WAITS: Final = {
    Waits.ESCALATION: Sentence("升级建议待批准", "a proposal waits"),
    Waits.EXTENSION: Sentence("延期申请待批准", "an extension waits"),
    Waits.TOLERANCE_REQUEST: Sentence("容错申请待受理", "a request for tolerance waits"),
    Waits.TOLERANCE: Sentence("容错认定待决定", "tolerance waits to be decided"),
    Waits.LATE_ENTRY: Sentence("补录待核", "a late entry waits"),
    Waits.HELD: Sentence("暂缓的升级待放行", "a held escalation waits"),
    Waits.COUNTERSIGNATURE: Sentence("待会签", "a second signature waits"),
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])
PostId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("/handover/{post_id:int}", dependencies=[open_to(READERS)])
def handover_page(post_id: PostId, visit: Here) -> Response:
    """Show what is handed over with a post on a day, to be printed and signed by both."""
    on, zone, lang = _day(visit), visit.here.settings.tz, visit.lang
    today = visit.here.today(now())
    found = handover(visit.here.database, post_id, on, zone, reader_of(visit.person))
    rules = visit.here.obligations.rules if found.obligations else None
    shown: dict[str, Any] = {
        "found": found,
        "on": on,
        "before": _named(found.before),
        "after": _named(found.holder),
        "open_cases": [
            {
                "case": one.case,
                "record": _named(one.record),
                "waits": [WAITS[kind].text(lang) for kind in one.waits],
            }
            for one in found.open_cases
        ],
        "notices": [
            {
                "one": one,
                "at": moment(one.sent_at, today, zone, lang),
                "words": Sentence(*NOTICES[one.notice]).text(lang),
                "holders": "、".join(called for _username, called in one.holders),
            }
            for one in sorted(found.notices, key=lambda one: not one.is_unsigned)
        ],
        "duties": [
            {
                "one": one,
                "title": clause.title.text(lang) if (clause := rules.clause(one.clause)) is not None else one.clause,
                "state": Sentence(*OBLIGATION_STATES[one.state]).text(lang),
            }
            for one in found.obligations
            if rules is not None
        ],
        "waiting": sum(bool(one.waits) for one in found.open_cases),
    }
    return visit.page("handover.html", **shown)


def _named(held: HeldPost | None) -> str:
    return held.name or held.username if held is not None else ""


@router.get("/cases/{case_id:int}/knew", dependencies=[open_to(OFFICE_SIDE)])
def who_knew_page(case_id: CaseId, visit: Here) -> Response:
    """Show who was told of a case until the end of a day, as holder of which post."""
    on, zone, today = _day(visit), visit.here.settings.tz, visit.here.today(now())
    case = visit.here.case_queries.case(visit.person, case_id)
    found = who_knew(visit.here.database, case_id, on, zone, reader_of(visit.person))
    rows = [
        {
            "at": moment(one.sent_at, today, zone, visit.lang),
            "post": one.post if one.post.startswith(one.unit) else f"{one.unit} {one.post}",
            "words": Sentence(*NOTICES[one.notice]).text(visit.lang),
            "holders": "、".join(called or username for username, called in one.holders),
        }
        for one in found
    ]
    return visit.page("knew.html", case=case, on=on, rows=rows)


def _day(visit: Visit) -> date:
    asked = visit.asked("on")
    return parse_date(asked) if asked else visit.here.today(now())
