"""What every request needs: the office, who asks, in which language, and how problems are told."""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match

from accounts import login
from states.case import Actor
from states.errors import BadData, BadTerm, Conflict, NotFound, NotPermitted, Problem, Refused, Sentence, Unavailable
from states.vocabulary import is_clean
from store import accounts, sessions, tokens
from store.visibility import Reader
from web.problem_page import problem_page
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException

    from states.case import Case

COOKIE: Final = "duban_session"
SETUP_COOKIE: Final = "duban_setup"
FORBIDDEN: Final = 403
"""For pages: a person is told that a page is not for him or her; programs read it in `code`."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
BUSY_SECONDS: Final = 5
"""After how long to ask again when the database is busy or away."""
PROBLEM: Final = "application/problem+json"
_NO_LOGIN: Final = Sentence(
    "请先登录，或在 Authorization 中给出有效的令牌（duban user token）。",
    "Log in first, or give a valid token in Authorization (duban user token).",
)
_OUT_OF_SCOPE: Final = Sentence(
    "此令牌没有“{scope}”权限，只能用于：{scopes}。请用含该权限的令牌。",
    "This token is not for “{scope}” but for: {scopes}. Use a token with that scope.",
)
_MUST_CHANGE: Final = Sentence(
    "您使用的是一次性口令，请先登录网页修改口令，再办理其他事项。",
    "You have a one-time password; log in to the pages and choose another before anything else.",
)
_NO_SUCH_PAGE: Final = Sentence("没有这个地址。", "There is no such address.")
_WRONG_FORM: Final = Sentence(
    "这张表没有填全，或者网址的参数有误；请返回上一页再填一次。",
    "The form is incomplete, or a value in the address is wrong. Go back and fill it in again.",
)
_WRONG: Final = Sentence("请求有误：{where}{why}。", "The request is wrong: {where} {why}.")
_WHY_WRONG: Final[Mapping[str, Sentence]] = {
    "missing": Sentence("没有填写", "is missing"),
    "enum": Sentence("应为以下之一：{expected}", "must be one of {expected}"),
    "literal_error": Sentence("应为以下之一：{expected}", "must be one of {expected}"),
    "string_type": Sentence("应为文字", "must be a text"),
    "int_type": Sentence("应为整数", "must be a whole number"),
    "int_parsing": Sentence("应为整数", "must be a whole number"),
    "bool_type": Sentence("应为 true 或 false", "must be true or false"),
    "bool_parsing": Sentence("应为 true 或 false", "must be true or false"),
    "dict_type": Sentence("应为 JSON 对象", "must be a JSON object"),
    "model_attributes_type": Sentence("应为 JSON 对象", "must be a JSON object"),
    "list_type": Sentence("应为列表", "must be a list"),
    "json_invalid": Sentence("不是有效的 JSON", "is no valid JSON"),
    "extra_forbidden": Sentence("不是可用的项目", "is nothing that may be given"),
    "string_too_long": Sentence("过长，最多{max_length}个字", "is too long; {max_length} characters at most"),
    "greater_than_equal": Sentence("不得小于{ge}", "must be at least {ge}"),
    "less_than_equal": Sentence("不得大于{le}", "must be at most {le}"),
}
"""What is wrong with a value of a request, by the name that the checking library has for it."""
_NOT_RIGHT: Final = Sentence("格式不对", "is not of the right form")
_UNCLEAN: Final = Sentence("地址中含有控制字符。", "The address has control characters in it.")
_UNCLEAN_BODY: Final = Sentence(
    "内容中含有不可见的控制字符，请重新输入。", "There are control characters in what was sent; send it again."
)
_FAILED: Final = Sentence("系统出错，这一步没有办成。", "The system failed; this was not done.")
_OTHER: Final = Sentence("请求不能处理（{status}）。", "The request cannot be dealt with ({status}).")


class NotLoggedIn(Problem):
    """Nobody known asks."""


class OutOfScope(Problem):
    """The token is not for this."""


class MustChange(Problem):
    """Whoever asks has a one-time password, which opens nothing but the page where another is chosen."""


class TooMany(Problem):
    """Somebody asks more often than the installation allows."""

    def __init__(self, sentence: Sentence, seconds: int) -> None:
        """Say what to tell, and after how many seconds to ask again."""
        super().__init__(sentence)
        self.seconds = seconds


class Stale(Conflict):
    """The version that the client was looking at is no longer the latest."""


STATUS: Final[tuple[tuple[type[Problem], int], ...]] = (
    (NotLoggedIn, 401),
    (OutOfScope, 403),
    (MustChange, 403),
    (TooMany, 429),
    (NotFound, 404),
    (Stale, 412),
    (BadData, 422),
    (BadTerm, 422),
    (Conflict, 409),
    (Refused, 409),
    (Unavailable, 503),
)


def office_of(request: Request) -> Office:
    """Return the office that this application serves."""
    found = request.app.state.office
    if not isinstance(found, Office):
        raise TypeError("the application has not started")
    return found


def lang_of(request: Request) -> str:
    """Return the language of the answer: what the client asks for, else the office's."""
    wanted = request.headers.get("accept-language", "").strip().lower()
    if wanted.startswith("en"):
        return "en"
    return "zh-CN" if wanted.startswith("zh") else office_of(request).settings.lang


def page_session(request: Request) -> sessions.AtPage:
    """Return who is at the page, by the cookie.

    Raises:
        NotLoggedIn: there is no session, or it has ended.
    """
    token, at = request.cookies.get(COOKIE, ""), now()
    found = login.at_page(office_of(request).database, token, at, looked=office_of(request).installation.up_to_date)
    if found is None:
        raise NotLoggedIn(_NO_LOGIN)
    if found.unnoted:
        office_of(request).last_use.of_session(token, at)
    return found


def scope_of(request: Request) -> str:
    """Return what a token must be for, to ask this."""
    if request.url.path.startswith("/api/v1/audit"):
        return tokens.AUDIT
    return tokens.READ if request.method in SAFE else tokens.ACT


def token_holder(request: Request) -> tokens.Holder:
    """Return who holds the token of the request, and what it is for.

    Raises:
        NotLoggedIn: there is none, it is void or over, or its holder may not act.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    at = now()
    is_given = scheme.lower() == "bearer" and token
    found = (
        login.holder(office_of(request).database, token, at, looked=office_of(request).installation.up_to_date)
        if is_given
        else None
    )
    if found is None:
        raise NotLoggedIn(_NO_LOGIN)
    if found.unnoted:
        office_of(request).last_use.of_token(found.token_id, at)
    return found


def _by_token(request: Request) -> accounts.Person:
    found = token_holder(request)
    wanted = scope_of(request)
    if wanted not in found.scopes:
        raise OutOfScope(_OUT_OF_SCOPE.fill(scope=wanted, scopes=" ".join(sorted(found.scopes))))
    return found.person


def person_of(request: Request) -> accounts.Person:
    """Return who asks, by the token of the request or the session of a page.

    Raises:
        NotLoggedIn: the token is missing, void or over, its holder may not act, or the session owes a second factor.
        OutOfScope: the token is not for this.
        MustChange: the person has a one-time password, and nothing else to do than to choose another.
    """
    known: accounts.Person | None = getattr(request.state, "asker", None)  # the pace asks before the route does
    if known is None:
        known = _identified(request)
        if known.must_change:
            raise MustChange(_MUST_CHANGE)
        request.state.asker = known
    return known


def _identified(request: Request) -> accounts.Person:
    token = request.headers.get("authorization", "").partition(" ")[2]
    if not token and request.cookies.get(COOKIE):
        at_page = page_session(request)
        if at_page.awaits:
            raise NotLoggedIn(_NO_LOGIN)
        sent = request.headers.get("x-csrf-token", "")
        if request.method not in SAFE and not compare_digest(sent.encode(), at_page.csrf.encode()):
            raise NotLoggedIn(_NO_LOGIN)
        return at_page.person
    return _by_token(request)


def clean_query(request: Request) -> None:
    """Refuse an address with characters that no database keeps.

    Raises:
        BadData: there is one.
    """
    for key, value in request.query_params.multi_items():
        if not is_clean(key + value):
            raise BadData(_UNCLEAN)


async def clean_body(request: Request) -> None:
    """Refuse a JSON body with characters that no database keeps, in whatever field and however deep.

    What is no JSON at all, or no object of the route, is refused by the route itself.

    Raises:
        BadData: there is one.
    """
    if request.method in SAFE or "json" not in request.headers.get("content-type", ""):
        return
    try:
        left = [await request.json()]
    except (ValueError, RecursionError):
        return
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
        elif isinstance(one, str) and not is_clean(one):
            raise BadData(_UNCLEAN_BODY)


Here = Annotated[Office, Depends(office_of)]
Lang = Annotated[str, Depends(lang_of)]
Asker = Annotated[accounts.Person, Depends(person_of)]


def reader_of(person: accounts.Person) -> Reader:
    """Return who reads, for the sight query."""
    return Reader(person.username, person.role, person.unit_id, person.territory)


def actor_of(person: accounts.Person) -> Actor:
    """Return who acts, as the history will name him or her."""
    return Actor(user=person.username, role=person.role, unit=person.unit)


def seen_by(here: Office, person: accounts.Person, case_id: int, how: str) -> Case:
    """Return the case, if the person may see it; whoever reads a restricted one at the door `how` is written down.

    Raises:
        NotFound: there is none, as far as the person is concerned.
    """
    if not how:
        return here.case_queries.case(person, case_id)
    return here.case_queries.read(person, case_id, how, now())


def status_of(problem: Problem) -> int:
    """Return the HTTP status of a problem."""
    return next((status for kind, status in STATUS if isinstance(problem, kind)), 400)


def problem_answer(status: int, detail: str, *, title: str = "", **more: Any) -> JSONResponse:  # noqa: ANN401  # extension members
    """Return an answer as RFC 9457 describes it."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004  # Unauthorized
    # A sentence may quote what was sent, and that may hold half of a character.
    shown = detail.encode("utf-8", "replace").decode()
    body = {"type": "about:blank", "title": title or "Problem", "status": status, "detail": shown, **more}
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def _wants_page(request: Request) -> bool:
    return not request.url.path.startswith(("/api/", "/health", "/metrics"))


def _reads_pages(request: Request) -> bool:
    """Say whether a person in a browser asks, and not a program."""
    return _wants_page(request) and "text/html" in request.headers.get("accept", "")


def _lang_of_page(request: Request) -> str:
    """Return the language in which the person reads pages, as chosen there, else as the browser asks."""
    chosen = request.cookies.get("duban_lang", "")
    return chosen if chosen in ("zh-CN", "en") else lang_of(request)


def _page_of(request: Request, problem: Problem, status: int = 0) -> Response:
    """Return the sentence as a page of its own, for who followed a link to something that is not there."""
    if isinstance(problem, NotLoggedIn):
        return RedirectResponse("/login", 303)
    status = status or (FORBIDDEN if isinstance(problem, NotPermitted) else status_of(problem))
    return problem_page(office_of(request), _lang_of_page(request), status, problem.sentence)


def page_or_problem(request: Request, problem: Problem, status: int = 0) -> Response:
    """Return the sentence of a problem as a page, or as RFC 9457 where a program asks."""
    if _wants_page(request):
        answer = _page_of(request, problem, status)
    else:
        more = {"code": "not_permitted"} if isinstance(problem, NotPermitted) else {}
        text, title = problem.sentence.text(lang_of(request)), type(problem).__name__
        answer = problem_answer(status or status_of(problem), text, title=title, **more)
    if isinstance(problem, TooMany):
        answer.headers["Retry-After"] = str(problem.seconds)
    elif isinstance(problem, Unavailable):
        answer.headers["Retry-After"] = str(BUSY_SECONDS)
    return answer


def _is_known(request: Request, method: str) -> bool:
    asked = {"type": "http", "method": method, "path": request.url.path, "root_path": "", "headers": []}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)


def add_problems(app: FastAPI) -> None:
    """Let every problem become its sentence."""

    def refused(request: Request, problem: Exception) -> Response:
        if not isinstance(problem, Problem):
            raise TypeError("only problems come here")
        return page_or_problem(request, problem)

    def invalid(request: Request, error: Exception) -> Response:
        wrong: RequestValidationError = error  # type: ignore[assignment]  # registered for nothing else
        first = wrong.errors()[0]
        if _reads_pages(request):
            # In a browser the address itself was wrong, or the form: both have words, neither has names of fields.
            status, sentence = (404, _NO_SUCH_PAGE) if first["loc"][0] == "path" else (422, _WRONG_FORM)
            return problem_page(office_of(request), _lang_of_page(request), status, sentence)
        where = f"“{'.'.join(str(part) for part in first['loc'])}”"
        why = _WHY_WRONG.get(first["type"], _NOT_RIGHT).fill(**first.get("ctx", {}))
        text = _WRONG.fill(where=where, why=why).text(lang_of(request))
        return problem_answer(422, text, title="BadData")

    def other(request: Request, error: Exception) -> Response:
        wrong: HTTPException = error  # type: ignore[assignment]  # registered for nothing else
        sentence = _NO_SUCH_PAGE if wrong.status_code == 404 else _OTHER.fill(status=wrong.status_code)  # noqa: PLR2004  # Not Found
        if _reads_pages(request):
            answer: Response = problem_page(office_of(request), _lang_of_page(request), wrong.status_code, sentence)
        else:
            answer = problem_answer(wrong.status_code, sentence.text(lang_of(request)), title=str(wrong.detail))
        answer.headers.update(wrong.headers or {})
        if wrong.status_code == 405:  # noqa: PLR2004  # Method Not Allowed
            # Starlette names the methods of the first route at the address; an address may have several.
            known = {method for method in METHODS if _is_known(request, method)}
            answer.headers["Allow"] = ", ".join(sorted(known))
        return answer

    def failed(request: Request, _error: Exception) -> Response:
        # What went wrong is in the log of the server; nobody outside is told how it is built.
        if _reads_pages(request):
            return problem_page(office_of(request), _lang_of_page(request), 500, _FAILED)
        return problem_answer(500, _FAILED.text(lang_of(request)), title="Failed")

    from fastapi.exceptions import RequestValidationError  # noqa: PLC0415  # beside their handlers
    from starlette.exceptions import HTTPException  # noqa: PLC0415  # beside their handlers

    app.add_exception_handler(Problem, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, other)
    app.add_exception_handler(Exception, failed)
