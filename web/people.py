"""The page of one's own account: sessions, tokens for the interface, the second factor."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from accounts import own_account, second_factor
from states.errors import BadData, Problem, Sentence
from store import sessions, tokens
from web.dependencies import COOKIE, clean_query, status_of
from web.limits import login_pace
from web.login import enrolment_page
from web.page import Here, Visit
from wiring import now

_TOKEN: Final = Sentence(
    "新令牌（只显示这一次，请立即复制）：{token}", "The new token (shown only now; copy it): {token}"
)
_REVOKED: Final = Sentence("令牌已撤销。", "The token is revoked.")
_ENDED: Final = Sentence("会话已结束。", "The session has ended.")
_ALL_ENDED: Final = Sentence("其他会话已全部结束。", "All other sessions have ended.")
_DROPPED: Final = Sentence("动态口令已解除。", "The second factor is removed.")
_NEEDED: Final = Sentence("您的角色必须使用动态口令，不能解除。", "Your role needs the second factor.")
_HAS_ONE: Final = Sentence(
    "已绑定动态口令；更换须先解除。", "You have a second factor; remove it before you set up another."
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/account")
def account_page(visit: Here) -> Response:
    """Show one's own sessions, tokens and second factor."""
    return _account(visit)


def _account(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    username, at = visit.person.username, now()
    shown = own_account.shown(visit.here.database, username, at)
    return visit.page(
        "account.html",
        status=status,
        said=said,
        wrong=wrong,
        this=sessions.key_of(visit.request.cookies.get(COOKIE, "")),
        scopes=tokens.SCOPES,
        days=tokens.DAYS,
        longest=tokens.LONGEST_DAYS,
        needs_factor=visit.person.role in visit.here.settings.second_factor_for,
        sessions=shown.sessions,
        tokens=shown.tokens,
        has_factor=shown.has_factor,
        codes_left=shown.codes_left,
    )


@router.post("/account")
def change_account(visit: Here) -> Response:
    """Make or revoke a token, end sessions, remove the second factor."""
    try:
        said = _done(visit)
    except Problem as problem:
        return _account(visit, status=status_of(problem), wrong=problem.sentence.text(visit.lang))
    return _account(visit, said=said.text(visit.lang))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(10**9)) else 0


def _done(visit: Visit) -> Sentence:
    form, username, at = visit.form, visit.person.username, now()
    match form.get("do", ""):
        case "token":
            scopes, days, name = visit.sent.every.get("scope", []), _number(form.get("days", "")), form.get("name", "")
            token = own_account.give_token(visit.here.database, username, at, name=name, scopes=scopes, days=days)
            return _TOKEN.fill(token=token)
        case "revoke":
            own_account.revoke_token(visit.here.database, username, _number(form.get("id", "")), at)
            return _REVOKED
        case "end":
            own_account.end_session(visit.here.database, username, form.get("id", ""))
            return _ENDED
        case "end_others":
            own_account.end_other_sessions(visit.here.database, username, visit.request.cookies.get(COOKIE, ""))
            return _ALL_ENDED
        case "drop_factor":
            if visit.person.role in visit.here.settings.second_factor_for:
                raise BadData(_NEEDED)
            home, code = visit.here.settings.home, form.get("code", "")
            second_factor.drop(visit.here.database, home, username, code, at)
            return _DROPPED
        case _:
            return Sentence("", "")


@router.get("/account/second-factor")
def enrol_page(visit: Here) -> Response:
    """Show the QR code of a new secret."""
    _require_none(visit)
    return enrolment_page(visit, visit.person.username, "/account/second-factor")


def _require_none(visit: Visit) -> None:
    if second_factor.has_one(visit.here.database, visit.person.username):
        raise BadData(_HAS_ONE)


@router.post("/account/second-factor", dependencies=[Depends(login_pace)])
def enrol(visit: Here) -> Response:
    """Keep the secret once a code has proved that the telephone has it."""
    _require_none(visit)
    here, username, form = visit.here, visit.person.username, visit.form
    secret, code = form.get("secret", ""), form.get("code", "")
    try:
        codes = second_factor.enrol(here.database, here.settings.home, username, secret, code, now())
    except Problem as problem:
        wrong = problem.sentence.text(visit.lang)
        return enrolment_page(visit, username, "/account/second-factor", status=422, wrong=wrong)
    return visit.page("recovery.html", codes=codes)
