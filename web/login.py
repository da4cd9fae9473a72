"""The pages of who comes and goes: logging in and out, and passwords."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from states.errors import Problem
from store import sessions
from web.asking import COOKIE, clean_query
from web.visit import Here
from wiring import now

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/login")
def login_page(visit: Here) -> Response:
    """Ask who comes."""
    return visit.page("login.html")


@router.post("/login")
def log_in(visit: Here) -> Response:
    """Let somebody in."""
    try:
        token = visit.here.log_in(visit.form.get("username", ""), visit.form.get("password", ""), now())
    except Problem as problem:
        return visit.page("login.html", status=403, wrong=problem.sentence.text(visit.lang))
    answer = RedirectResponse("/", 303)
    secure = visit.request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/logout")
def log_out(visit: Here) -> Response:
    """End the session, here and on the server."""
    with visit.here.database.transaction() as session:
        sessions.end(session, visit.request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/password")
def password_page(visit: Here) -> Response:
    """Ask for another password."""
    return visit.page("password.html") if visit.me else RedirectResponse("/login", 303)


@router.post("/password")
def change_password(visit: Here) -> Response:
    """Take another password; whoever was logged in with the old one is out."""
    person = visit.person
    try:
        visit.here.change_password(person.username, visit.form.get("old", ""), visit.form.get("new", ""), now())
    except Problem as problem:
        return visit.page("password.html", status=422, wrong=problem.sentence.text(visit.lang))
    return RedirectResponse("/login", 303)
