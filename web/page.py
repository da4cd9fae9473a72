"""One visit of a page: who is there, in which language, what came with the form, and how a page is drawn."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import Depends, Request, params
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from states.errors import BadData, NotPermitted, Sentence
from states.vocabulary import Role, is_clean
from store.ids import LARGEST_ID
from store.visibility import READS_REPORTS
from web.dependencies import COOKIE, SAFE, NotLoggedIn, lang_of, office_of, page_session
from web.rule_words import in_words
from web.templating import drawn
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Container

    from store.accounts import Person
    from store.sessions import AtPage

OPENERS: Final = (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR)
AUDITORS: Final = (Role.AUDITOR, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST)
ADMINISTRATORS: Final = (Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)
UNIT_SIDE: Final = (Role.LIAISON, Role.HEAD)
SIGNERS: Final = (Role.INSPECTOR, Role.HANDLER, Role.ARCHIVIST)
APPROVERS: Final = (Role.DIRECTOR, Role.LEADER)
OFFICE_SIDE: Final = (*OPENERS, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR)
MOST_FIELDS: Final = 600
MOST_FILES: Final = 20
LARGEST_FILE: Final = 50 << 20
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
EXPIRED: Final = Sentence("页面已过期，请重新打开后再提交。", "The page has expired; open it again and repeat.")
_FROM_ELSEWHERE: Final = Sentence(
    "表单不是从本系统的页面提交的，没有办理。", "The form was not sent from a page of this system; nothing was done."
)
_UNCLEAN: Final = Sentence(
    "内容中含有不可见的控制字符，请重新输入。", "There are control characters in what was typed; type it again."
)
_TOO_LARGE: Final = Sentence(
    "文件“{name}”超过{most} MiB，请压缩或拆分后再上传。", "“{name}” is larger than {most} MiB; make it smaller."
)
_BAD_FORM: Final = Sentence("提交的表单无法读取，请重新打开页面。", "The form cannot be read; open the page again.")
_NOT_FOR_YOU: Final = Sentence("这个页面不对您的身份开放。", "This page is not for your role.")


@dataclass(frozen=True, slots=True)
class Form:
    """What came with a form: the first value of each field, all values of each, and files."""

    first: dict[str, str] = field(default_factory=dict)
    every: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a page: the office, who is there, and what came with a form."""

    request: Request
    here: Office
    lang: str
    me: Person | None
    csrf: str
    sent: Form
    pending: AtPage | None = None
    """Who gave the right password and still owes a second factor: nobody, for every page but that one."""

    @property
    def form(self) -> dict[str, str]:
        """Return the first value of each field."""
        return self.sent.first

    @property
    def person(self) -> Person:
        """Return who is at the page.

        Raises:
            NotLoggedIn: nobody is.
        """
        if self.me is None:
            raise NotLoggedIn(EXPIRED)
        return self.me

    def asked(self, name: str, most: int = 200) -> str:
        """Return what the address says under this name."""
        return self.request.query_params.get(name, "")[:most].strip()

    def number(self, name: str, *, most: int = LARGEST_ID) -> int:
        """Return the number that the address gives under this name; 0 if it gives none."""
        text = self.request.query_params.get(name, "")
        return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < len(str(10**10)) else 0

    def page(self, template: str, *, status: int = 200, **more: Any) -> HTMLResponse:  # noqa: ANN401  # what a template shows
        """Return a page."""
        today = self.here.today(now())
        shown: dict[str, Any] = {"said": "", "wrong": "", "key": secrets.token_urlsafe(12)} | more
        # Sentences are shared with the command line, whose users type keys; here nobody does.
        shown |= {key: in_words(shown[key], self.lang) for key in ("said", "wrong")}
        text = drawn(
            template,
            lang=self.lang,
            today=today,
            zone=self.here.settings.tz,
            me=self.me,
            csrf=self.csrf,
            openers=OPENERS,
            auditors=AUDITORS,
            administrators=ADMINISTRATORS,
            unit_side=UNIT_SIDE,
            office_side=OFFICE_SIDE,
            approvers=APPROVERS,
            signers=SIGNERS,
            reads_reports=READS_REPORTS,
            office=self.here.settings.office,
            rest=not self.here.rulebook.calendar.works(today),
            path=self.request.url.path,
            other_language=self.request.url.include_query_params(lang="zh-CN" if self.lang == "en" else "en").query,
            **shown,
        )
        answer = HTMLResponse(text, status, HEADERS)
        if "lang" in self.request.query_params:
            answer.set_cookie("duban_lang", self.lang, httponly=True, samesite="strict")
        return answer


async def _form(request: Request) -> Form:
    if request.method == "GET":
        return Form()
    try:
        found = await request.form(max_fields=MOST_FIELDS, max_files=MOST_FILES, max_part_size=1 << 20)
    except Exception as error:
        # Whatever a client sends as a form: the parser raises errors of many kinds, and none of them is ours.
        raise BadData(_BAD_FORM) from error
    every: dict[str, list[str]] = {}
    files: dict[str, list[tuple[str, bytes]]] = {}
    for key, value in found.multi_items():
        if isinstance(value, UploadFile):
            if value.filename:
                content = await value.read(LARGEST_FILE + 1)
                if len(content) > LARGEST_FILE:
                    raise BadData(_TOO_LARGE.fill(name=value.filename, most=LARGEST_FILE >> 20))
                files.setdefault(key, []).append((value.filename, content))
        else:
            every.setdefault(key, []).append(value)
    await found.close()
    if not all(is_clean(key) and all(map(is_clean, values)) for key, values in every.items()):
        raise BadData(_UNCLEAN)
    return Form({key: values[0] for key, values in every.items()}, every, files)


def _is_from_here(request: Request, here: Office) -> bool:
    """Say whether a form was sent from a page of ours, as the browser itself says; forged logins come from others.

    What is no browser says nothing, and cannot be made to send a form by a foreign page. `Sec-Fetch-Site` is sent to
    https and to this machine only; elsewhere `Origin` must name the host that was asked, or the settings' address.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = {request.headers.get("host", "").lower(), urlsplit(here.settings.address).netloc.lower()}
    return urlsplit(origin).netloc.lower() in ours - {""}


def _visit(request: Request, sent: Annotated[Form, Depends(_form)]) -> Visit:
    chosen = request.query_params.get("lang") or request.cookies.get("duban_lang", "")
    lang = chosen if chosen in ("zh-CN", "en") else lang_of(request)
    here = office_of(request)
    if request.method not in SAFE and not _is_from_here(request, here):
        raise NotPermitted(_FROM_ELSEWHERE)
    me, csrf, pending = None, "", None
    if request.cookies.get(COOKIE):
        try:
            found = page_session(request)
            csrf = found.csrf
            me, pending = (None, found) if found.awaits else (found.person, None)
        except NotLoggedIn:
            me = None
    # Logging in has no session yet; that it is asked from one of our own pages is all that can be known.
    known = me is not None or (pending is not None and request.url.path != "/login")
    wrong = known and not compare_digest(sent.first.get("csrf", "").encode(), csrf.encode())
    if wrong and request.method != "GET":
        raise NotPermitted(EXPIRED)
    return Visit(request, here, lang, me, csrf, sent, pending)


Here = Annotated[Visit, Depends(_visit)]


class Elsewhere(Exception):  # noqa: N818  # not an error: where to go first
    """Whoever asks has to go to another page first."""

    def __init__(self, location: str) -> None:
        """Say to which."""
        super().__init__(location)
        self.location = location


def inside(visit: Here) -> None:
    """Let in who is logged in with a password of his or her own; what depends on this asks nothing of the kind itself.

    Raises:
        Elsewhere: to log in, or to choose a password.
    """
    if visit.me is None:
        raise Elsewhere("/login")
    if visit.me.must_change:
        raise Elsewhere("/password")


def led_there(_request: Request, elsewhere: Exception) -> Response:
    """Send the browser on."""
    if not isinstance(elsewhere, Elsewhere):
        raise elsewhere
    return RedirectResponse(elsewhere.location, 303)


def open_to(roles: Container[Role]) -> params.Depends:
    """Return the dependency that refuses pages to all other roles, after `inside` has let somebody in."""

    def checked(visit: Here) -> None:
        only_for(visit, roles)

    return params.Depends(checked)


def only_for(visit: Visit, roles: Container[Role]) -> None:
    """Refuse the page to everybody else.

    Raises:
        NotPermitted: the page is not for this role.
    """
    if visit.person.role not in roles:
        raise NotPermitted(_NOT_FOR_YOU)
