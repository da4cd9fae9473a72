"""The HTTP interface to the history: replay, the feed, terms, checkpoints, verification."""

from __future__ import annotations

from typing import Annotated, Any, Final

import orjson
from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from cases.event_visibility import visible_event
from states.case import sealed_for
from states.errors import NotPermitted, Sentence
from states.terms import Term, due, parse_date, parse_moment, trace
from states.vocabulary import Role
from store.ids import LARGEST_ID
from web.api import MOST, CaseId, api_router
from web.dependencies import Asker, Here, Lang
from web.openapi import problems
from wiring import now
from wiring.schemas.cases import case_json
from wiring.schemas.deadlines import TermDocument, step_json
from wiring.schemas.histories import FeedDocument, recorded_json
from wiring.schemas.proof import CheckpointsDocument, VerdictDocument
from wiring.schemas.replays import ReplayDocument, replay_json

_ONLY_AUDIT: Final = Sentence(
    "只有审计人员、督查机构负责人可以办理。", "This is for auditors and the office's director."
)
_VERIFIERS: Final = frozenset({Role.AUDITOR, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.DISCIPLINE})
NDJSON: Final = "application/x-ndjson"

router = api_router()


@router.get("/cases/{case_id:int}/replay", tags=["audit"], responses=problems(400, 404, 409))
def replay(
    case_id: CaseId,
    here: Here,
    person: Asker,
    lang: Lang,
    at: Annotated[str | None, Query(max_length=40)] = None,
    known_at: Annotated[str | None, Query(max_length=40)] = None,
) -> ReplayDocument:
    """Read the case as it stood at a moment, by all that is known now or by what was recorded up to `known_at`."""
    today = here.case_queries.read(person, case_id, "api/replay", now())
    moments = [parse_moment(text, here.settings.tz) if text else None for text in (at, known_at)]
    found = here.proofs.replay(case_id, moments[0], now(), moments[1])
    policy = here.case_queries.policy_name(found.case)
    answer = replay_json(found, policy, lang)
    answer["case"] = case_json(sealed_for(found.case, person.role, today=today), policy)
    answer["events"] = [
        recorded_json(recorded._replace(event=visible_event(recorded.event, today, person.role)))
        for recorded in found.events
    ]
    return answer


_AS_LINES: Final[dict[str, Any]] = {"content": {NDJSON: {"schema": {"type": "string"}}}}


@router.get("/events", tags=["audit"], response_model=FeedDocument, responses={200: _AS_LINES})
def feed(
    here: Here,
    person: Asker,
    request: Request,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
) -> FeedDocument | StreamingResponse:
    """Read what happened behind a place of the history, in its order; NDJSON if the client accepts it.

    `next` is the place to go on from. Places of cases that the caller may not see are passed over.
    """
    events = [recorded_json(recorded) for recorded in here.case_queries.feed(person, after=after, limit=limit)]
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(
            (orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in events), media_type=NDJSON
        )
    return {"events": events, "next": events[-1]["seq"] or after if events else after}


@router.get("/terms", tags=["terms"])
def reckon(
    here: Here,
    person: Asker,
    lang: Lang,
    start: Annotated[str, Query(max_length=40)],
    term: Annotated[str, Query(max_length=40)],
    basis: Annotated[str, Query(max_length=400)] = "",
) -> TermDocument:
    """Reckon a deadline, with its day-by-day count."""
    del person  # whoever is logged in may reckon
    length, first, calendar = Term.parse(term), parse_date(start), here.rulebook.calendar
    reckoned = due(first, length, calendar, basis)
    return {
        "due_on": reckoned.due_on.isoformat(),
        "provisional": reckoned.provisional,
        "basis": basis,
        "term": str(length),
        "trace": [step_json(step, lang) for step in trace(first, length, calendar)],
    }


@router.get("/audit/checkpoints", tags=["audit"])
def read_checkpoints(here: Here, person: Asker) -> CheckpointsDocument:
    """Read the signed states of the history, and the keys that signed them."""
    del person  # a checkpoint says nothing of any case, and the more have it the better
    found, keys = here.proofs.checkpoints()
    return {
        "checkpoints": [
            {"size": kept.size, "root": kept.root, "note": kept.note, "signed_at": kept.signed_at.isoformat()}
            for kept in found
        ],
        "keys": keys,
    }


@router.post("/audit/verify", tags=["audit"], responses=problems(409))
def verify(here: Here, person: Asker) -> VerdictDocument:
    """Check the whole history against its hashes, its checkpoints and the rows."""
    if person.role not in _VERIFIERS:
        raise NotPermitted(_ONLY_AUDIT)
    verdict = here.proofs.verify()
    return {"ok": verdict.ok, "events": verdict.events, "first_wrong": verdict.first_wrong}
