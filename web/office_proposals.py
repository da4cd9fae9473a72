"""Another policy for all open cases, looked at and decided on a page: the twin of `duban proposal`.

The decision carries what was looked at, and is refused when that has changed. What it takes to carry it out is done at
once as far as `LONGEST` goes; the rest waits for `duban policy migrate --resume`, and the page says so.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from states.errors import BadData, NotFound, Problem, Sentence
from states.recount import How
from states.vocabulary import Role
from store import proposals
from store.ids import LARGEST_ID
from store.visibility import is_everything
from web.dependencies import actor_of, clean_query, reader_of, status_of
from web.page import Here, Visit, open_to
from web.rule_words import differing_in_words
from wiring import now

if TYPE_CHECKING:
    from cases.policy_change import OpenProposal

LONGEST: Final = 20.0
"""Seconds for which a page counts cases again; a browser waits no longer, and whatever is left is resumed."""
HOWS: Final = {
    How.KEEP: Sentence("在办案件的期限不变，以后的环节按新政策", "running terms stay; later ones go by the new policy"),
    How.RECOMPUTE: Sentence(
        "在办案件的期限从原来的起算日按新政策重新计算",
        "running terms are counted again from the day on which they began",
    ),
    How.RESTART: Sentence("在办案件的期限从改用之日起按新政策重新起算", "running terms begin anew that day"),
}
_NONE: Final = Sentence("没有这项待决事项，或者已经决定。", "There is no such proposal, or it was decided.")
_WHY: Final = Sentence("不批准须写明理由。", "Say why it is not approved.")
_NO_ACT: Final = Sentence("请选择要办理的事项。", "Choose what to do.")
_DONE: Final = Sentence(
    "已批准，{changed}件在办案件改用新政策，{moved}个期限有变动。",
    "Approved: {changed} open case(s) go by the new policy, {moved} day(s) have changed.",
)
_REST: Final = Sentence(
    "已批准；案件较多，已改用{done}件，其余请系统管理员在服务器上继续办理。",
    "Approved; {done} case(s) were brought over, and the system administrator goes on with the rest on the server.",
)

ProposalId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), open_to((Role.LEADER,))])


class _Enough(Exception):  # noqa: N818  # not an error: the page has worked long enough
    def __init__(self, done: int) -> None:
        self.done = done


@router.get("/approvals/office/{proposal_id:int}")
def proposal_page(proposal_id: ProposalId, visit: Here) -> Response:
    """Show what is proposed for the whole office, and what follows either way."""
    return _page(visit, _found(visit, proposal_id))


@router.post("/approvals/office/{proposal_id:int}")
def decide_proposal(proposal_id: ProposalId, visit: Here) -> Response:
    """Approve or reject it, as it was seen on the page."""
    found, form = _found(visit, proposal_id), visit.form
    outcome, reason = form.get("outcome", ""), form.get("reason", "").strip()
    try:
        if outcome not in (proposals.APPROVED, proposals.REJECTED):
            raise BadData(_NO_ACT)
        if outcome == proposals.REJECTED and not reason:
            raise BadData(_WHY)
        said = _decided(visit, found, outcome, reason)
    except Problem as problem:
        return _page(visit, found, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    if said is None:
        return RedirectResponse("/approvals", 303)
    return visit.page("approval_office.html", found=None, said=said.text(visit.lang))


def _decided(visit: Visit, found: OpenProposal, outcome: str, reason: str) -> Sentence | None:
    """Decide, and carry out what was approved; return what is to be said of it, nothing of what was rejected."""
    began = monotonic()

    def bounded(done: int, _total: int) -> None:
        if monotonic() - began > LONGEST:
            raise _Enough(done)

    actor, seen = actor_of(visit.person), visit.form.get("seen", "")
    try:
        total = visit.here.policy_change.decide(found.proposal.id, outcome, actor, reason, now(), bounded, seen=seen)
    except _Enough as enough:
        return _REST.fill(done=enough.done)
    return _DONE.fill(changed=total.changed, moved=total.moved) if total is not None else None


def _found(visit: Visit, proposal_id: int) -> OpenProposal:
    """Return the proposal, if it is for this person to decide: it concerns every unit.

    Raises:
        NotFound: there is none, as far as this person is concerned.
    """
    if not is_everything(reader_of(visit.person)):
        raise NotFound(_NONE)
    found = visit.here.policy_change.look(proposal_id)
    if found.proposal.approver != visit.person.role.value:
        raise NotFound(_NONE)
    return found


def _page(visit: Visit, found: OpenProposal, **more: Any) -> HTMLResponse:  # noqa: ANN401  # as `page`
    lang = visit.lang
    shown: dict[str, Any] = {
        "found": found,
        "how": HOWS[found.how].text(lang),
        "since": found.proposal.proposed_at.astimezone(visit.here.settings.tz).date(),
        "own": found.proposal.proposed_by == visit.person.username,
        "differing": differing_in_words(found.now, found.to, lang),
        "given": visit.form,
    }
    return visit.page("approval_office.html", **shown, **more)
