"""The pages of who comes and goes: logging in and out, and passwords."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from accounts import login, second_factor
from states.errors import Problem
from web.dependencies import COOKIE, NotLoggedIn, clean_query
from web.limits import address_of, login_pace
from web.page import EXPIRED, Here, Visit
from wiring import now

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/login")
def login_page(visit: Here) -> Response:
    """Ask who comes."""
    return visit.page("login.html", oidc=bool(visit.here.settings.oidc_issuer))


@router.post("/login", dependencies=[Depends(login_pace)])
def log_in(visit: Here) -> Response:
    """Let somebody in, or on to the second factor."""
    username, password = visit.form.get("username", ""), visit.form.get("password", "")
    try:
        needs_factor, address = visit.here.settings.second_factor_for, address_of(visit.request)
        token = login.log_in(visit.here.database, needs_factor, username, password, now(), address)
    except Problem as problem:
        oidc = bool(visit.here.settings.oidc_issuer)
        return visit.page("login.html", status=403, wrong=problem.sentence.text(visit.lang), oidc=oidc)
    return with_session(visit, token, RedirectResponse("/second-factor", 303))


def with_session(visit: Visit, token: str, answer: Response) -> Response:
    """Return the answer with the cookie of a session."""
    secure = visit.request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


@router.get("/second-factor")
def second_factor_page(visit: Here) -> Response:
    """Ask for a code, or show how to bind a telephone first; whoever owes neither goes on to the desk."""
    if visit.pending is None:
        return RedirectResponse("/" if visit.me else "/login", 303)
    return _second_factor(visit)


def _second_factor(visit: Visit, *, status: int = 200, wrong: str = "") -> Response:
    if visit.pending is None:
        raise NotLoggedIn(EXPIRED)
    if visit.pending.awaits == second_factor.CODE:
        return visit.page("second_factor.html", status=status, wrong=wrong)
    return enrolment_page(visit, visit.pending.person.username, "/second-factor", status=status, wrong=wrong)


def enrolment_page(visit: Visit, username: str, target: str, *, status: int = 200, wrong: str = "") -> Response:
    """Show the QR code of a new secret; it is kept when a code has proved that the telephone has it."""
    secret = second_factor.new_secret()
    picture = second_factor.picture(second_factor.address_of(secret, username))
    return visit.page("enrolment.html", status=status, wrong=wrong, secret=secret, picture=picture, target=target)


@router.post("/second-factor", dependencies=[Depends(login_pace)])
def take_second_factor(visit: Here) -> Response:
    """Take the code; the session that counts begins only now, with a secret of its own."""
    if visit.pending is None:
        raise NotLoggedIn(EXPIRED)
    here, form, at, address = visit.here, visit.form, now(), address_of(visit.request)
    username, code, pending = visit.pending.person.username, form.get("code", ""), visit.request.cookies.get(COOKIE, "")
    codes: tuple[str, ...] = ()
    try:
        if visit.pending.awaits == second_factor.CODE:
            token = second_factor.enter(here.database, here.settings.home, username, code, pending, at, address)
        else:
            secret, home = form.get("secret", ""), here.settings.home
            token, codes = second_factor.enrol_and_enter(
                here.database, home, username, secret, code, pending, at, address
            )
    except Problem as problem:
        return _second_factor(visit, status=403, wrong=problem.sentence.text(visit.lang))
    answer = visit.page("recovery.html", codes=codes) if codes else RedirectResponse("/", 303)
    return with_session(visit, token, answer)


@router.post("/logout")
def log_out(visit: Here) -> Response:
    """End the session, here and on the server."""
    login.log_out(visit.here.database, visit.request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/password")
def password_page(visit: Here) -> Response:
    """Ask for another password."""
    return visit.page("password.html") if visit.me else RedirectResponse("/login", 303)


@router.post("/password", dependencies=[Depends(login_pace)])
def change_password(visit: Here) -> Response:
    """Take another password; whoever was logged in with the old one is out."""
    username, old, new = visit.person.username, visit.form.get("old", ""), visit.form.get("new", "")
    try:
        login.change_password(visit.here.database, username, old, new, now(), address_of(visit.request))
    except Problem as problem:
        return visit.page("password.html", status=422, wrong=problem.sentence.text(visit.lang))
    return RedirectResponse("/login", 303)
