"""The page of the proof: checkpoints, keys, and the whole history verified."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from states.errors import NotPermitted, Sentence
from store import cases, proofs, sight
from web.asking import clean_query, reader_of
from web.shown import line_shown
from web.visit import AUDITORS, Here, Visit, gate

PAGE: Final = 50
_VERIFIED: Final = Sentence("校验通过：{n}条事件。", "Verified: {n} events.")
_NOT_VERIFIED: Final = Sentence("校验不通过：{wrong}", "Not verified: {wrong}")
_NO_AUDIT: Final = Sentence("您没有审计权限。", "The audit pages are not for your role.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/audit")
def audit_page(visit: Here) -> Response:
    """Show checkpoints, keys and the latest events."""
    return gate(visit) or _audit(visit)


def _audit(visit: Visit, *, said: str = "", wrong: str = "") -> HTMLResponse:
    if visit.person.role not in AUDITORS:
        raise NotPermitted(_NO_AUDIT)
    with visit.here.database.reading() as session:
        kept, keys = proofs.checkpoints(session), proofs.keys(session)
        size = cases.size(session)
        latest = sight.events(session, reader_of(visit.person), after=max(0, size - PAGE))
        known = cases.many(session, {recorded.event.case_id for recorded in latest})
    lines = [line_shown(recorded, known[recorded.event.case_id].case, visit, []) for recorded in reversed(latest)]
    shown: dict[str, Any] = {"checkpoints": kept[::-1][:PAGE], "keys": keys, "latest": lines}
    return visit.page("audit.html", said=said, wrong=wrong, **shown)


@router.post("/audit")
def verify_from_page(visit: Here) -> Response:
    """Verify the whole history."""
    first = gate(visit)
    if first is not None:
        return first
    if visit.person.role not in AUDITORS:
        raise NotPermitted(_NO_AUDIT)
    verdict = visit.here.verify()
    if verdict.ok:
        return _audit(visit, said=_VERIFIED.fill(n=verdict.events).text(visit.lang))
    return _audit(visit, wrong=_NOT_VERIFIED.fill(wrong=verdict.first_wrong).text(visit.lang))
