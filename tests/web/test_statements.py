"""How often the database is asked does not grow with what is shown."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from states.vocabulary import Role
from store import accounts, organisation, sessions, unit_posts
from tests.support.offices import UNIT, Bench
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def statements(bench: Bench) -> Iterator[list[str]]:
    """Collect what the database is asked."""
    sent: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    engine = bench.office.database.engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", keep)


@pytest.mark.parametrize("role", [Role.DIRECTOR, Role.INSPECTOR, Role.HEAD, Role.AUDITOR, Role.DISCIPLINE])
def test_fifty_cases_take_no_more_statements_than_five(sqlite_bench: Bench, role: Role) -> None:
    bench, token = sqlite_bench, secrets.token_urlsafe(16)
    with bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
        own = organisation.ensure_unit(session, UNIT).id
        accounts.add_person(session, "someone", "某人", role, own if role is Role.HEAD else office)
        accounts.give_token(session, "someone", sha256(token.encode()).hexdigest())
        accounts.set_password(session, "someone", "none", must_change=False)
        cookie = sessions.begin(session, "someone", now())
    client = TestClient(bench.application, cookies={COOKIE: cookie})
    paths = ("/api/v1/cases", "/api/v1/events", "/cases", "/", "/cases?q=文化", "/cases?state=ordered_to_rectify")

    def asked() -> dict[str, int]:
        found = {}
        for path in paths:
            with statements(bench) as sent:
                assert client.get(path).status_code == 200, path
            found[path] = len(sent)
        return found

    for n in range(5):
        bench.ordered(finding=f"问题{n}")
    asked()  # whatever is remembered from now on, such as a calendar, is asked for once
    few = asked()
    for n in range(5, 50):
        bench.ordered(finding=f"问题{n}")
    many = asked()
    # A list that is full asks once less: it need not look for those without a due day.
    assert all(many[path] <= few[path] for path in paths), (few, many)
    client.close()
