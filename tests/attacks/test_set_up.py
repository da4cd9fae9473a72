"""The set-up in the browser, by who has no code, and by two who have the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from starlette.testclient import TestClient

from accounts import first_day
from states.vocabulary import Role
from store import accounts
from tests.support.applications import over
from tests.support.at_once import at_once, done
from tests.support.offices import Bench
from wiring import now

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.databases import Databases

TRIES: Final = 4
SERVER: Final = "mail.internal.example.cn"


@pytest.mark.parametrize("step", ["office", "channels", "people", "ledger", "calendar", "administrators"])
def test_a_made_up_code_tells_nothing_of_the_office(databases: Databases, tmp_path: Path, step: str) -> None:
    url = databases.fresh("sqlite")
    with Bench(
        url, tmp_path, smtp_host=SERVER, smtp_user="duban@example.cn", im_gateway="https://im.example.cn"
    ) as bench:
        bench.office.installation.prepare(now())
        code = first_day.begin(bench.office.database, now())
        with TestClient(over(bench.office), follow_redirects=False) as client:
            answer = client.get(f"/setup?code=guess&step={step}")
            assert answer.status_code == 409
            for word in (SERVER, "example.cn", bench.settings.series):
                assert word not in answer.text
            assert 'name="code"' in client.get(f"/setup?code={code}").text
            first_day.finish(bench.office.database, now())
            assert client.get(f"/setup?code={code}&step={step}").status_code == 409
    databases.drop(url)


def test_one_code_opens_one_session_for_two_who_come_at_once(bench: Bench) -> None:
    database = bench.office.database
    bench.office.installation.prepare(now())
    for _again in range(TRIES):
        code = first_day.begin(database, now())
        found = at_once(*[lambda code=code: first_day.redeem(database, code, now())] * 2)
        assert done(found) == 1
        (token,) = (one for one in found if isinstance(one, str))
        assert first_day.is_open(database, token, now())


def test_the_three_are_made_once_by_two_who_press_at_once(bench: Bench) -> None:
    database = bench.office.database
    bench.office.installation.prepare(now())
    first_day.begin(database, now())
    wanted = [
        [(role, f"{name}{place}", f"{name}某") for place, role in enumerate(first_day.ADMINISTRATORS)]
        for name in ("wang", "li")
    ]
    office = bench.settings.office
    found = at_once(
        *(lambda some=some: first_day.make_administrators(database, office, some, now()) for some in wanted)
    )
    assert done(found) == 1
    with database.reading() as session:
        held = [one.person.role for one in accounts.accounts(session)]
    assert sorted(held) == sorted(first_day.ADMINISTRATORS), held
    assert Role.ADMINISTRATOR in held
