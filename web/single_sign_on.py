"""The way to the identity provider and back."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from accounts import single_sign_on
from states.errors import Problem, Refused, Sentence
from web.dependencies import clean_query, status_of
from web.limits import address_of, login_pace
from web.login import with_session
from web.page import Here, Visit
from wiring import now

STATE: Final = "duban_login"
_FOREIGN: Final = Sentence(
    "这次登录不是从本浏览器发起的，请重新登录。", "This login was not begun in this browser; log in again."
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query), Depends(login_pace)])


def _back(visit: Visit) -> str:
    """Return where the provider sends the browser; the settings' address, since a Host header can be forged."""
    return f"{visit.here.settings.address.rstrip('/')}/oidc/callback"


@router.get("/oidc/login")
def leave(visit: Here) -> Response:
    """Send the browser to the provider."""
    try:
        found = single_sign_on.depart(visit.here.database, visit.here.settings, _back(visit), now())
    except Problem as problem:
        return visit.page("login.html", status=status_of(problem), wrong=problem.sentence.text(visit.lang), oidc=False)
    answer = RedirectResponse(found.address, 303)
    # Lax, not strict: the provider's page leads back here, and this cookie must come along.
    secure = visit.here.settings.address.startswith("https:")
    answer.set_cookie(STATE, found.state, max_age=600, httponly=True, samesite="lax", secure=secure)
    return answer


@router.get("/oidc/callback")
def come_back(visit: Here) -> Response:
    """Let in whom the provider names.

    The answer is a page, not a redirect: a strict cookie is not sent along a chain that began at another site.
    """
    state, given = visit.request.cookies.get(STATE, ""), visit.asked("state")
    asked = f"{_back(visit)}?{visit.request.url.query}"
    try:
        if not state or not compare_digest(state.encode(), given.encode()):
            raise Refused(_FOREIGN)
        database, settings, address = visit.here.database, visit.here.settings, address_of(visit.request)
        token = single_sign_on.arrive(database, settings, _back(visit), asked, state, now(), address)
    except Problem as problem:
        answer: Response = visit.page("login.html", status=403, wrong=problem.sentence.text(visit.lang), oidc=True)
    else:
        answer = with_session(visit, token, visit.page("arrived.html"))
    answer.delete_cookie(STATE)
    return answer
