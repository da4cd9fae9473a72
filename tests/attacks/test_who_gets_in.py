"""Somebody with a password, a token or a guess: what each opens, and what wrong ones tell."""

from __future__ import annotations

import re
from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import pyotp
import pytest
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient
from typer.testing import CliRunner

from accounts import login, second_factor
from accounts.operators import CONSOLE
from cli.main import app as cli
from config.settings import BadSetting
from states.errors import BadMoment, Problem, Refused
from states.vocabulary import Role
from store import accounts, admin_log, sessions, tokens
from tests.support.applications import over
from tests.support.offices import UNIT, Bench, at
from tests.support.refusing_logs import refuse_entries
from tests.support.routes import filled, routes_of
from tests.support.runs import ENVIRON
from tests.support.visitors import NEW, Arrivals
from web.dependencies import COOKIE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.databases import Databases

MOMENT: Final = at("03-05")
OPEN_TO_ALL: Final = (
    "/login",
    "/logout",
    "/password",
    "/second-factor",
    "/setup",  # open until it is finished, and only with the code that the machine's console has printed
    "/oidc/",
    "/health/",
    "/metrics",
    "/api/v1/openapi",
)
HOME: Final = "10.1.1.1"
ELSEWHERE: Final = "10.2.2.2"


@pytest.fixture
def arrivals(bench: Bench) -> Iterator[Arrivals]:
    with Arrivals(bench) as found:
        yield found


def _token(bench: Bench, username: str) -> str:
    with bench.office.database.transaction() as session:
        return tokens.give(session, username, now(), name="测试")


def _refusal(bench: Bench, username: str, password: str, address: str, moment: Any = MOMENT) -> str:
    with pytest.raises(Refused) as refused:
        bench.log_in(username, password, moment, address)
    return refused.value.sentence.text("zh-CN")


def test_whoever_has_a_one_time_password_can_do_nothing_at_any_door_but_choose_another(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    case = bench.ordered()
    with Arrivals(bench) as arrivals:
        arrivals.account("director", Role.DIRECTOR)
        password = bench.give_password("director")
        cookie, token = bench.log_in("director", password, now()), _token(bench, "director")
        app = over(bench.office)
        client = TestClient(app, follow_redirects=False)
        client.cookies.set(COOKIE, cookie)
        found = re.search(r'name="csrf" value="([^"]*)"', client.get("/password").text)
        assert found is not None
        walked = 0
        for method, path in sorted(set(routes_of(app.routes))):
            if path.startswith(OPEN_TO_ALL):
                continue
            walked += 1
            address = filled(path, case)
            more: dict[str, Any] = {
                "data": {"csrf": found[1], "do": "token", "name": "x", "scope": "read", "days": "9"}
            }
            if method == "GET":
                more = {}
            elif path.startswith("/api/"):
                more = {"json": {"act": "acknowledge"}, "headers": {"x-csrf-token": found[1]}}
            by_cookie = client.request(method, address, **more)
            if path.startswith("/api/"):
                more["headers"] = {"Authorization": f"Bearer {token}"}
                by_token = client.request(method, address, **more)
                assert (by_cookie.status_code, by_token.status_code) == (403, 403), (method, path)
                assert "一次性口令" in by_token.json()["detail"]
            else:
                assert (by_cookie.status_code, by_cookie.headers.get("location")) == (303, "/password"), (method, path)
        assert walked > 40
        assert bench.acts(case)[-1][1] == "serve_order"
        with bench.office.database.reading() as session:
            assert [one.name for one in tokens.of(session, "director")] == ["测试"]
        client.close()


def test_tokens_end_when_the_password_is_changed_and_when_it_is_reset(bench: Bench, arrivals: Arrivals) -> None:
    head = arrivals.come("head", Role.HEAD, UNIT)
    client = TestClient(over(bench.office))

    def status(token: str) -> int:
        return client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"}).status_code

    before = _token(bench, "head")
    assert status(before) == 200
    head.send("/password", old=NEW, new=f"{NEW}2")
    assert status(before) == 401
    between = _token(bench, "head")
    assert status(between) == 200
    login.change_password(bench.office.database, "head", bench.give_password("head"), NEW, now())
    assert [status(token) for token in (before, between)] == [401, 401]
    client.close()


def test_wrong_old_passwords_are_counted_and_paced_like_wrong_logins(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    right = bench.give_password("head")
    database = bench.office.database
    for _ in range(5):
        with pytest.raises(Refused, match="不对"):
            login.change_password(database, "head", "wrong", NEW, MOMENT, HOME)
    with pytest.raises(Refused, match="不对"):  # the right one, but not within the quarter of an hour
        login.change_password(database, "head", right, NEW, MOMENT + timedelta(minutes=14, seconds=59), HOME)
    assert _refusal(bench, "head", right, HOME)
    login.change_password(database, "head", right, NEW, MOMENT + timedelta(minutes=15), HOME)
    assert bench.log_in("head", NEW, MOMENT + timedelta(minutes=15), HOME)


def test_the_page_of_passwords_is_paced(sqlite_bench: Bench) -> None:
    with Arrivals(sqlite_bench) as arrivals:
        head = arrivals.come("head", Role.HEAD, UNIT)
        statuses = [head.send("/password", old="wrong", new=NEW + str(n)).status_code for n in range(32)]
        assert statuses[-1] == 429
        assert set(statuses) == {422, 429}


def test_a_refusal_tells_nobody_who_exists_whether_locked_disabled_waiting_or_unknown(
    bench: Bench, arrivals: Arrivals
) -> None:
    for name in ("held", "gone", "waiting", "fresh", "empty"):
        arrivals.account(name, Role.HEAD, UNIT)
        if name != "empty":
            bench.give_password(name)
    right = bench.give_password("held")
    with bench.office.database.transaction() as session:
        accounts.disable(session, "gone", now())
        accounts.withhold(session, "waiting")
    names = ("held", "gone", "waiting", "fresh", "empty", "nobody", "", "x" * 5000, "用户")
    said: set[str] = set()
    for _ in range(7):
        said |= {_refusal(bench, name, "wrong", HOME) for name in names}
    said.add(_refusal(bench, "held", right, HOME))
    said.add(_refusal(bench, "gone", right, HOME))
    assert len(said) == 1


def test_a_refusal_takes_as_long_for_who_exists_as_for_who_does_not(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    bench.give_password("head")
    taken: dict[str, list[float]] = {"head": [], "nobody": []}
    for n in range(8):
        for name, times in taken.items():
            began = perf_counter()
            _refusal(bench, name, "wrong", f"10.0.0.{n}")
            times.append(perf_counter() - began)
    known, unknown = median(taken["head"]), median(taken["nobody"])
    # Hashing takes a twentieth of a second; who did not exist would be told at once.
    assert min(known, unknown) > max(known, unknown) / 3


def test_whoever_guesses_is_held_up_and_the_owner_comes_in_from_elsewhere(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    right = bench.give_password("head")
    for _ in range(40):
        _refusal(bench, "head", "wrong", ELSEWHERE)
    assert _refusal(bench, "head", right, ELSEWHERE)
    assert bench.log_in("head", right, MOMENT, HOME)
    assert _refusal(bench, "head", right, ELSEWHERE, MOMENT + timedelta(minutes=14, seconds=59))
    assert bench.log_in("head", right, MOMENT + timedelta(minutes=15), ELSEWHERE)


def test_guesses_from_many_addresses_leave_in_only_who_came_from_there_before(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    right = bench.give_password("head")
    assert bench.log_in("head", right, MOMENT - timedelta(days=30), HOME)
    for n in range(50):
        _refusal(bench, "head", "wrong", f"10.9.0.{n}")
    assert _refusal(bench, "head", right, ELSEWHERE)
    assert bench.log_in("head", right, MOMENT, HOME)
    assert bench.log_in("head", right, MOMENT + timedelta(minutes=15), ELSEWHERE)


def test_the_security_administrator_lets_an_address_in_again(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    with Arrivals(bench) as arrivals:
        arrivals.account("head", Role.HEAD, UNIT)
        security = arrivals.come("sec", Role.SECURITY_ADMINISTRATOR)
        right = bench.give_password("head")
        for _ in range(5):
            _refusal(bench, "head", "wrong", HOME, now())
        assert _refusal(bench, "head", right, HOME, now())
        assert "已锁定" in security.read("/admin/users").text
        security.send("/admin/users", do="unlock", username="head")
        assert bench.log_in("head", right, now(), HOME)


def test_forged_forwarding_headers_count_for_nothing_and_those_of_a_trusted_proxy_do(
    databases: Databases, tmp_path: Path
) -> None:
    for proxies, counted in (
        ("", [403] * 4 + [429] * 2),
        ("testclient-is-no-address", None),
        ("10.7.0.0/16", [403] * 6),
    ):
        if counted is None:
            with pytest.raises(BadSetting, match="不是网络地址"):
                Bench("sqlite://", tmp_path, trusted_proxies=proxies)
            continue
        url = databases.fresh("sqlite")
        with Bench(url, tmp_path, rate_login=4, trusted_proxies=proxies) as bench:
            client = TestClient(over(bench.office), client=("10.7.0.1", 5000))
            answers = [
                client.post(
                    "/login",
                    data={"username": "x", "password": "y"},
                    headers={
                        "X-Forwarded-For": f"192.0.2.{n}",
                        "X-Real-IP": f"192.0.2.{n}",
                        "Forwarded": f"for=192.0.2.{n}",
                    },
                ).status_code
                for n in range(6)
            ]
            client.close()
        databases.drop(url)
        assert answers == counted, proxies


def test_the_way_to_the_identity_provider_is_paced(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path, rate_login=4) as bench:
        client = TestClient(over(bench.office))
        for path in ("/oidc/login", "/oidc/callback?state=x&code=y"):
            answers = [client.get(path).status_code for _ in range(5)]
            assert answers[-1] == 429, path
        client.close()
    databases.drop(url)


def test_a_second_factor_is_set_up_once_and_ends_the_logins_that_wait_for_one(
    databases: Databases, tmp_path: Path
) -> None:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path, totp_roles="director") as bench, Arrivals(bench) as arrivals:
        arrivals.account("director", Role.DIRECTOR)
        password = bench.give_password("director")
        thief, owner = bench.log_in("director", password, MOMENT), bench.log_in("director", password, MOMENT)
        database, home = bench.office.database, bench.settings.home

        def enrol(pending: str) -> str:
            secret = second_factor.new_secret()
            code = pyotp.TOTP(secret).at(MOMENT)
            return second_factor.enrol_and_enter(database, home, "director", secret, code, pending, MOMENT)[0]

        entered = enrol(owner)
        with pytest.raises(Refused, match="已经结束"):
            enrol(thief)
        late = bench.log_in("director", password, MOMENT)
        with pytest.raises(Refused, match="已绑定"):
            enrol(late)
        other = second_factor.new_secret()
        with pytest.raises(Refused, match="已绑定"):
            second_factor.enrol(database, home, "director", other, pyotp.TOTP(other).at(MOMENT), MOMENT)
        with database.reading() as session:
            assert sessions.at_page(session, entered, MOMENT) is not None
            assert sessions.at_page(session, thief, MOMENT) is None
    databases.drop(url)


def test_a_password_that_is_given_at_the_console_is_in_the_log_or_is_none(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    before = bench.give_password("head")
    refuse_entries(bench.office.database)
    with pytest.raises((DBAPIError, Problem), match="entry"):
        bench.give_password("head")
    assert bench.log_in("head", before, MOMENT)
    with bench.office.database.reading() as session:
        assert [(one.who, one.what) for one in admin_log.read(session)] == [(CONSOLE.username, "give_password")]


def test_a_post_by_the_cookie_of_a_page_without_its_secret_is_refused_and_does_nothing(
    bench: Bench, arrivals: Arrivals
) -> None:
    case = bench.ordered()
    head = arrivals.come("head", Role.HEAD, UNIT)
    found = re.search(r'name="csrf" value="([^"]*)"', head.read("/password").text)
    assert found is not None
    asked = {"act": "acknowledge", "on": "2026-02-09", "data": {}}
    for headers in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "guess"}, {"x-csrf-token": found[1][:-1]}):
        answer = head.client.post(f"/api/v1/cases/{case}/acts", json=asked, headers=headers)
        assert answer.status_code == 401, headers
    assert bench.acts(case)[-1][1] == "serve_order"
    done = head.client.post(f"/api/v1/cases/{case}/acts", json=asked, headers={"x-csrf-token": found[1]})
    assert done.status_code == 200
    assert bench.acts(case)[-1][1] == "acknowledge"


@pytest.mark.parametrize("at_", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01", "9999-12-31"])
def test_a_replay_at_the_ends_of_time_is_a_bad_request(bench: Bench, arrivals: Arrivals, at_: str) -> None:
    case = bench.ordered()
    arrivals.account("auditor", Role.AUDITOR)
    client = TestClient(over(bench.office), headers={"Authorization": f"Bearer {_token(bench, 'auditor')}"})
    answer = client.get(f"/api/v1/cases/{case}/replay", params={"at": at_})
    assert answer.status_code == 400
    assert "1949" in answer.json()["detail"]
    client.close()


@pytest.mark.parametrize("command", [["replay", "1", "--at"], ["replay", "1", "--since"], ["sweep", "--as-of"]])
@pytest.mark.parametrize("at_", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31"])
def test_so_it_is_at_the_console(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, command: list[str], at_: str
) -> None:
    sqlite_bench.ordered()
    monkeypatch.setitem(ENVIRON, "DUBAN_HOME", str(sqlite_bench.settings.home))
    monkeypatch.setitem(ENVIRON, "DUBAN_DATABASE_URL", sqlite_bench.settings.database_url)
    said = CliRunner().invoke(cli, [*command, at_])
    assert isinstance(said.exception, BadMoment)
    assert "1949" in str(said.exception)


def test_no_answer_sends_anybody_to_a_host_that_was_forged(bench: Bench, arrivals: Arrivals) -> None:
    head = arrivals.come("head", Role.HEAD, UNIT)
    app = over(bench.office)
    client = TestClient(
        app, follow_redirects=False, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    for who in (client, head.client):
        for _method, path in sorted(set(routes_of(app.routes))):
            for address in (filled(path, 1), f"{filled(path, 1)}/", f"/{filled(path, 1)}"):
                answer = who.get(address, headers={"Host": "evil.example"}, follow_redirects=False)
                for value in answer.headers.values():
                    assert "evil" not in value, (address, value)
                assert "evil.example" not in answer.text, address
    client.close()
