"""Callers of the HTTP interface, each with a token of his or her own."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from store import accounts, organisation, unit_posts
from tests.support.offices import UNIT

if TYPE_CHECKING:
    from states.vocabulary import Role
    from tests.support.offices import Bench

FINDING = {
    "unit": UNIT,
    "post": f"{UNIT}局长",
    "duty": "art7-1a",
    "inspection": "regular",
    "finding": "年度工作计划未列入法治建设内容",
    "on": "2026-01-28",
}


class Door:
    """The application over an office at work, with people who hold tokens."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.client = TestClient(bench.application, raise_server_exceptions=True)
        self.tokens: dict[str, str] = {}

    def person(self, name: str, role: Role, unit: str = "") -> str:
        token = secrets.token_urlsafe(16)
        with self.bench.office.database.transaction() as session:
            unit_posts.ensure_office(session, self.bench.settings.office)
            row = organisation.ensure_unit(session, unit or self.bench.settings.office)
            accounts.add_person(session, name, name, role, row.id)
            accounts.give_token(session, name, sha256(token.encode()).hexdigest())
        self.tokens[name] = token
        return name

    def ask(self, who: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} | more.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)
