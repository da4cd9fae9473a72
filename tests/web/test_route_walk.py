"""Every route, as every role and as nobody, asked for a case that is not theirs: not its number, not a word, no count.

The routes are found in the application, so that a new one is walked too.
"""

from __future__ import annotations

import re
import secrets
import shutil
from copy import copy
from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from programme.on_site import Given
from states.inspection import Answer
from states.vocabulary import Act, Role
from store import accounts, organisation, sessions
from tests.support.applications import over
from tests.support.inspections import approved, list_of
from tests.support.offices import Bench, at, day
from tests.support.routes import filled, routes_of
from tests.support.runs import FULL
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from httpx2 import Response

    from tests.support.databases import Databases

CITY, OWN, FOREIGN = "安平市", "临溪县", "北川县"
FOREIGN_UNIT: Final = "北川县水务局"
POST: Final = "北川县水务局局长专用"
FINDING: Final = "暗访发现河道采砂无证"
NUMBER: Final = "北川督〔2026〕777号"
PHOTO: Final = "采砂现场照片甲.jpg"
CONTENT: Final = "河道三号断面".encode()
TOLD: Final = (FOREIGN_UNIT, POST, FINDING, NUMBER, PHOTO, CONTENT.decode())
KNOWN: Final[tuple[Role, ...]] = tuple(role for role in Role if role is not Role.SYSTEM)
ROLES: Final[tuple[Role | None, ...]] = (None, *KNOWN)
QUERIES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"q": "777", "text": "777", "unit": FOREIGN_UNIT, "state": "found", "at": "2026-03-05", "case": "1"},
    {"start": "2026-02-06", "term": "15wd", "limit": "500", "due_before": "2099-01-01", "month": "2026-02"},
)


class Walker:
    """A foreign case, nobody else's, and somebody of every role in the county beside it."""

    def __init__(self, bench: Bench, *, work_secret: bool = False) -> None:
        """Open the case; as a work secret it stands in the county of those who walk, and is kept from some of them."""
        self.bench = bench
        with bench.office.database.transaction() as session:
            city = organisation.ensure_unit(session, CITY, "government").id
            own, foreign = (organisation.ensure_unit(session, name, "government", city).id for name in (OWN, FOREIGN))
            office = organisation.ensure_unit(session, "临溪县督察办", "office", own).id
            organisation.ensure_unit(session, FOREIGN_UNIT, "department", own if work_secret else foreign)
            self.tokens: dict[Role, str] = {}
            self.cookies: dict[Role, str] = {}
            for role in KNOWN:
                where = own if role in {Role.LIAISON, Role.HEAD, Role.LEADER} else office
                self.tokens[role], name = secrets.token_urlsafe(16), f"u-{role.value}"
                accounts.add_person(session, name, name, role, where)
                accounts.give_token(session, name, sha256(self.tokens[role].encode()).hexdigest())
                accounts.set_password(session, name, "unused", must_change=False)
                self.cookies[role] = sessions.begin(session, name, now())
        self.mark = "work_secret" if work_secret else None
        self.case = bench.open(unit=FOREIGN_UNIT, post=POST, finding=FINDING, number=NUMBER, confidentiality=self.mark)
        photo = bench.settings.home / PHOTO
        photo.write_bytes(CONTENT)
        self.evidence = bench.keep_evidence(photo, now(), "director")
        order: dict[str, Any] = {"term": "15wd", "authorization_note": "经同意", "evidence": [self.evidence]}
        bench.act(self.case, Act.SERVE_ORDER, "02-06", user="director", role=Role.DIRECTOR, **order)
        if not work_secret:
            self._inspect()
        drafter = bench.actor(Role.DIRECTOR, "director")
        bench.office.documents.draft(self.case, "help", {"what": CONTENT.decode()}, drafter, day("02-09"), at("02-09"))
        self.app = over(bench.office)

    def _inspect(self) -> None:
        """Let an inspection of the foreign unit be planned, approved and begun, under the name of what was found."""
        today = self.bench.office.today()
        where: dict[str, Any] = {"units": (FOREIGN_UNIT,), "duties": ("art7-1a",), "team": (POST,)}
        inspection = approved(self.bench, title=FINDING, from_on=today, until_on=today, **where)
        inspector = self.bench.actor(Role.INSPECTOR, "director")
        given = [Given(1, Answer.NO, FINDING)]
        self.bench.office.on_site.answer(list_of(inspection, FOREIGN_UNIT), given, today, inspector, now())

    def over_copy(self, bench: Bench) -> Walker:
        """Return the same people before the same case, in an office that has a copy of everything."""
        found = copy(self)
        found.bench, found.app = bench, over(bench.office)
        return found

    def client(self, role: Role | None) -> TestClient:
        found = TestClient(self.app, follow_redirects=False)
        if role is not None:
            found.cookies.set(COOKIE, self.cookies[role])
        return found

    def csrf(self, client: TestClient) -> str:
        found = re.search(r'name="csrf" value="([^"]*)"', client.get("/password").text)
        return found[1] if found else ""


@pytest.fixture(scope="module")
def prepared(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], tuple[Walker, str]]:
    """Give what prepares the office once with a foreign case, once with a work secret; each walk has a copy of it."""

    @cache
    def found(work_secret: bool) -> tuple[Walker, str]:
        url = databases.fresh("sqlite")
        with Bench(url, tmp_path_factory.mktemp("walked")) as bench:
            return Walker(bench, work_secret=work_secret), url

    return found


@pytest.fixture
def work_secret() -> bool:
    """Say whether the case is a work secret of the own county, which some of its people may not see."""
    return False


@pytest.fixture
def walker(
    work_secret: bool, prepared: Callable[[bool], tuple[Walker, str]], databases: Databases, tmp_path: Path
) -> Iterator[Walker]:
    first, lived = prepared(work_secret)
    home = shutil.copytree(first.bench.settings.home, tmp_path / "home")
    url = databases.copied(lived)
    with Bench(url, home) as bench:
        yield first.over_copy(bench)
    databases.drop(url)


def words_of(answer: Response) -> str:
    """Return all that an answer says; a workbook or a bundle is unpacked, else nothing would be found in it."""
    if not answer.content.startswith(b"PK"):
        return answer.content.decode("utf-8", "replace")
    with ZipFile(BytesIO(answer.content)) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def says_nothing(answer: Response, where: str, *, sent: str = "", knows_units: bool = False) -> None:
    text = words_of(answer)
    # Units and posts are what these two administrators keep; a case or a finding is not.
    keeps = " /admin" in where and where.startswith(("administrator ", "security_administrator "))
    for word in (NUMBER, FINDING, PHOTO) if keeps or knows_units else TOLD:
        # What the asker wrote into the address may come back in the filter of the page.
        assert word not in text.replace(sent, "") if word == sent else word not in text, (where, word)
    # 503 is how /health says that a deadline was missed: here nobody sweeps.
    assert answer.status_code < 500 or (answer.status_code == 503 and "/health/" in where), (where, text)


@pytest.mark.parametrize("role", ROLES)
def test_no_route_tells_anybody_of_a_foreign_case(walker: Walker, role: Role | None) -> None:
    found = sorted(set(routes_of(walker.app.routes)))
    assert {("GET", "/api/v1/cases/{case_id}"), ("GET", "/cases"), ("POST", "/new"), ("GET", "/health/live")} <= {
        *found
    }
    walks(walker, role)


KEPT_FROM: Final = (Role.INSPECTOR, Role.HANDLER, Role.LIAISON, Role.HEAD, Role.ARCHIVIST)
"""Who of the own county sees its cases, but no work secret in which he or she has no part."""


@pytest.mark.parametrize("work_secret", [True], ids=[""])
@pytest.mark.parametrize("role", KEPT_FROM)
def test_no_route_tells_of_a_work_secret_to_whom_it_is_not_for(walker: Walker, role: Role) -> None:
    walks(walker, role)


def walks(walker: Walker, role: Role | None) -> None:
    found = sorted(set(routes_of(walker.app.routes)))
    client = walker.client(role)
    bearer = {"Authorization": f"Bearer {walker.tokens[role]}"} if role else {}
    csrf = walker.csrf(client)
    for number, (method, path) in enumerate(found):
        if path == "/logout":
            continue  # it would end the walk of everybody behind it
        # The bounded run asks each route plainly, and with one of the other two queries.
        queries = QUERIES if FULL else (QUERIES[0], QUERIES[1 + (number + len(role or "")) % 2])
        address = filled(path, walker.case, walker.evidence)
        about_it = "case" in path and "{" in path
        for query in queries if method == "GET" else QUERIES[:1]:
            where = f"{role} {method} {address} {query}"
            more: dict[str, Any] = {"params": query, "headers": bearer if path.startswith("/api/") else {}}
            if method != "GET" and path.startswith("/api/"):
                data = {"of": 1, "evidence": [walker.evidence]}
                more["json"] = {"act": "acknowledge", "on": "2026-02-09", "data": data}
            elif method != "GET":
                cited = {"d.evidence": walker.evidence, "hash": walker.evidence}
                more["data"] = {"csrf": csrf, "act": "acknowledge", "on": "2026-02-09", **cited}
            answer = client.request(method, address, **more)
            # A handover list names its unit and post, which the county knows; what is secret is the case.
            knows = walker.mark is not None and path.startswith("/handover/")
            says_nothing(answer, where, sent=query.get("unit", ""), knows_units=knows)
            if about_it:
                assert answer.status_code in {303, 307, 401, 403, 404, 405, 409, 422}, (where, answer.text)
            if about_it and method == "GET" and role is not None:
                absent = client.request(method, filled(path, 999_999, walker.evidence), **more)
                told = answer.text.replace(str(walker.case), "999999")
                assert absent.status_code == answer.status_code, where
                assert without_secrets(absent.text) == without_secrets(told.replace("999999999", "999999")), where
    client.close()


def without_secrets(text: str) -> str:
    return re.sub(r"\d", "", re.sub(r'value="[^"]*"', "", text))


@pytest.mark.parametrize("role", ROLES[1:])
def test_no_count_holds_a_foreign_case(walker: Walker, role: Role) -> None:
    counts_nothing(walker, role)


@pytest.mark.parametrize("work_secret", [True], ids=[""])
@pytest.mark.parametrize("role", KEPT_FROM)
def test_no_count_holds_a_work_secret_of_others(walker: Walker, role: Role) -> None:
    counts_nothing(walker, role)


def counts_nothing(walker: Walker, role: Role) -> None:
    """The pages read the same, word by word and number by number, before and after a second such case is opened."""
    client = walker.client(role)
    paths = [path for method, path in sorted(set(routes_of(walker.app.routes))) if method == "GET" and "{" not in path]
    paths = [path for path in paths if path.startswith("/api/") or not path.startswith(("/health", "/metrics", "/api"))]
    paths.remove("/account/second-factor")  # a new secret each time, and nothing of any case
    before = {path: words_of(client.get(path)) for path in paths}
    walker.bench.open(unit=FOREIGN_UNIT, post=POST, finding=FINDING, confidentiality=walker.mark)
    for path in paths:
        told = words_of(client.get(path))
        assert plain(told) == plain(before[path]), (role, path)


def plain(text: str) -> str:
    """Return the page without secrets and times, and without the line on how the installation is.

    That line says what `/health/deadlines` says to everybody without a login: that time is kept, for all.
    """
    text = re.sub(r"<dcterms:\w+[^<]*<", "<", text)  # when a workbook was made
    return re.sub(r'(?:value|nonce)="[^"]*"|\d\d:\d\d(?::\d\d)?|\d+个在办期限[^<]*', "", text)
