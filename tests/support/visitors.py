"""People who come to the pages, each with an account and a browser of his or her own."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from starlette.testclient import TestClient

from accounts import login
from store import accounts, organisation, sessions, unit_posts
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from types import TracebackType

    from httpx2 import Response

    from states.vocabulary import Role
    from tests.support.offices import Bench

NEW = "Duban-2026!"


class Visitor:
    """Somebody in a browser of his or her own, who has chosen the password `NEW` and is logged in.

    The way there, with a one-time password, is tested once (`tests/web/test_pages.py`); five requests a visitor were
    a tenth of the time of all tests of pages.
    """

    def __init__(self, bench: Bench, username: str) -> None:
        with bench.office.database.transaction() as session:
            accounts.set_password(session, username, login.hashed(NEW), must_change=False)
            secret = sessions.begin(session, username, now())
        self.client = TestClient(bench.application, follow_redirects=True, cookies={COOKIE: secret})

    def log_in(self, username: str, password: str) -> Response:
        return self.client.post("/login", data={"username": username, "password": password})

    def read(self, path: str) -> Response:
        return self.client.get(path)

    def send(self, path: str, page: str = "/password", **fields: str) -> Response:
        """Send a form, with the secret of the page on which it stands."""
        found = re.search(r'name="csrf" value="([^"]*)"', self.client.get(page).text)
        assert found is not None
        return self.client.post(path, data={"csrf": found[1], **fields})

    def act(self, case: int, act: str, on: str, **data: str) -> Response:
        fields = {f"d.{key}": value for key, value in data.items()}
        return self.send(f"/cases/{case}/acts", f"/cases/{case}", act=act, on=on, sure="1", **fields)


class Arrivals:
    """Whoever has come; their browsers are closed in the end."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def account(self, username: str, role: Role, unit: str = "") -> None:
        with self.bench.office.database.transaction() as session:
            unit_posts.ensure_office(session, self.bench.settings.office)
            row = organisation.ensure_unit(session, unit or self.bench.settings.office)
            accounts.add_person(session, username, username, role, row.id)

    def come(self, username: str, role: Role, unit: str = "") -> Visitor:
        self.account(username, role, unit)
        visitor = Visitor(self.bench, username)
        self.stack.callback(visitor.client.close)
        return visitor
