"""Who comes to the doors: second factors, sessions and their ends, tokens and what they are for, and how often."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from starlette.testclient import TestClient

from accounts import login, second_factor
from states.errors import Problem, Refused
from states.vocabulary import Act, Role
from store import accounts, sessions, tokens
from tests.support.applications import over
from tests.support.callers import FINDING
from tests.support.offices import UNIT, Bench, at
from tests.support.visitors import NEW, Arrivals
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.databases import Databases

MOMENT = at("03-05")


@pytest.fixture
def strict(databases: Databases, tmp_path: Path) -> Iterator[Bench]:
    """Give an office in which directors need a second factor and nobody may ask more than six times a minute."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path, totp_roles="director, leader", rate_api=6, rate_login=4) as found:
        yield found
    databases.drop(url)


def _token(bench: Bench, username: str, *scopes: str, days: int = 30) -> str:
    with bench.office.database.transaction() as session:
        return tokens.give(session, username, now(), name="测试", scopes=scopes or tokens.SCOPES, days=days)


def _session(bench: Bench, username: str, moment: Any = MOMENT) -> str:
    with bench.office.database.transaction() as session:
        return sessions.begin(session, username, moment)


def _check(bench: Bench, username: str, code: str, moment: Any) -> None:
    second_factor.check(bench.office.database, bench.settings.home, username, code, moment)


def _enrol(bench: Bench, username: str, secret: str, code: str, moment: Any) -> tuple[str, ...]:
    return second_factor.enrol(bench.office.database, bench.settings.home, username, secret, code, moment)


def _is_open(bench: Bench, token: str, moment: Any) -> bool:
    with bench.office.database.transaction() as session:
        found = sessions.at_page(session, token, moment)
        if found is not None and found.unnoted:
            sessions.seen(session, token, moment)
        return found is not None


def test_the_three_administrators_see_no_case_and_may_do_nothing_to_one(bench: Bench, arrivals: Arrivals) -> None:
    case = bench.ordered()
    for role in (Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR):
        arrivals.account(role.value, role)
        token = _token(bench, role.value)
        client = TestClient(bench.application, headers={"Authorization": f"Bearer {token}"})
        assert client.get("/api/v1/cases").json()["cases"] == []
        for path in ("", "/acts", "/events", "/deadlines", "/replay"):
            assert client.get(f"/api/v1/cases/{case}{path}").status_code == 404
        assert client.get("/api/v1/events").json()["events"] == []
        assert client.post("/api/v1/cases", json=FINDING).status_code == 409
        for act in (Act.ACKNOWLEDGE, Act.WITHDRAW, Act.CORRECT_EVENT):
            assert client.post(f"/api/v1/cases/{case}/acts", json={"act": act}).status_code == 404
        client.close()


def test_a_session_ends_after_half_an_hour_of_rest_and_after_twelve_hours(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    token = _session(bench, "head")
    assert _is_open(bench, token, MOMENT + timedelta(minutes=30))
    assert not _is_open(bench, token, MOMENT + timedelta(minutes=60, seconds=1))
    busy = _session(bench, "head")
    for minutes in range(25, 12 * 60, 25):
        assert _is_open(bench, busy, MOMENT + timedelta(minutes=minutes))
    assert _is_open(bench, busy, MOMENT + timedelta(hours=12))
    assert not _is_open(bench, busy, MOMENT + timedelta(hours=12, seconds=1))


def test_five_wrong_passwords_hold_an_address_up_for_a_quarter_of_an_hour(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    password = bench.give_password("head")
    for _ in range(5):
        with pytest.raises(Refused, match="不对"):
            bench.log_in("head", "wrong", MOMENT)
    for minutes in (0, 14):
        with pytest.raises(Refused, match="不对"):
            bench.log_in("head", password, MOMENT + timedelta(minutes=minutes))
    assert bench.log_in("head", password, MOMENT + timedelta(minutes=15))


def test_sessions_are_listed_and_ended_by_their_owner_alone(bench: Bench, arrivals: Arrivals) -> None:
    head, other = arrivals.come("head", Role.HEAD, UNIT), arrivals.come("other", Role.HEAD, UNIT)
    second = TestClient(bench.application, follow_redirects=True)
    second.post("/login", data={"username": "head", "password": NEW})
    page = head.read("/account").text
    assert page.count("本次会话") == 1
    keys = re.findall(r'name="id" value="([0-9a-f]{64})"', page)
    assert len(keys) == 1
    other.send("/account", "/account", do="end", id=keys[0])
    assert "我要办的" in second.get("/").text
    assert "会话已结束" in head.send("/account", "/account", do="end", id=keys[0]).text
    assert "<h1>登录</h1>" in second.get("/").text
    second.post("/login", data={"username": "head", "password": NEW})
    assert "其他会话已全部结束" in head.send("/account", "/account", do="end_others").text
    assert "<h1>登录</h1>" in second.get("/").text
    assert "我要办的" in head.read("/").text
    second.close()


def test_a_login_that_another_site_sends_is_refused(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("head", Role.HEAD, UNIT)
    form = {"username": "head", "password": bench.give_password("head")}
    client = TestClient(bench.application, follow_redirects=False)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        answer = client.post("/login", data=form, headers=headers)
        assert answer.status_code == 403, headers
        assert "set-cookie" not in answer.headers
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}):
        answer = client.post("/login", data=form, headers=headers)
        assert answer.status_code == 303, headers
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        client.cookies.clear()
    client.close()


def test_a_token_is_for_its_scopes_only(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("director", Role.DIRECTOR)
    client = TestClient(bench.application)

    def ask(token: str, method: str, path: str, **more: Any) -> Any:
        return client.request(method, f"/api/v1{path}", headers={"Authorization": f"Bearer {token}"}, **more)

    opens = {
        "read": [("GET", "/cases"), ("GET", "/events"), ("GET", "/terms?start=2026-02-06&term=15wd")],
        "act": [("POST", "/cases")],
        "audit": [("GET", "/audit/checkpoints"), ("POST", "/audit/verify")],
    }
    for scope in opens:
        token = _token(bench, "director", scope)
        for needed, requests in opens.items():
            for method, path in requests:
                answer = ask(token, method, path, json=FINDING if method == "POST" else None)
                if needed == scope:
                    assert answer.status_code in (200, 201), (scope, path, answer.text)
                    continue
                assert answer.status_code == 403, (scope, path)
                assert answer.headers["content-type"] == "application/problem+json"
                assert f"“{needed}”" in answer.json()["detail"]
    client.close()


def test_tokens_end_are_revoked_and_are_kept_as_hashes(bench: Bench, arrivals: Arrivals) -> None:
    officer = arrivals.come("officer", Role.HANDLER)
    other = arrivals.come("other", Role.HANDLER)
    fields = {"do": "token", "name": "台账同步", "scope": "read", "days": "30"}
    made = officer.send("/account", "/account", **fields).text
    token = re.search(r"立即复制）：(\S{43})<", made)
    assert token is not None
    assert token[1] not in officer.read("/account").text
    client = TestClient(bench.application, headers={"Authorization": f"Bearer {token[1]}"})
    assert client.get("/api/v1/cases").status_code == 200
    bench.office.last_use.settle()
    with bench.office.database.reading() as session:
        (kept,) = tokens.of(session, "officer")
    assert kept.used_at is not None
    assert kept.is_live(now() + timedelta(days=29))
    assert not kept.is_live(now() + timedelta(days=30))
    assert other.send("/account", "/account", do="revoke", id=str(kept.id)).status_code == 404
    assert client.get("/api/v1/cases").status_code == 200
    assert "令牌已撤销" in officer.send("/account", "/account", do="revoke", id=str(kept.id)).text
    assert client.get("/api/v1/cases").status_code == 401
    for wrong in ({"days": "0"}, {"days": "x"}, {"days": "9999"}, {"scope": "all"}, {"scope": ""}):
        assert officer.send("/account", "/account", **(fields | wrong)).status_code == 422, wrong
    client.close()


def test_a_token_that_is_over_opens_nothing(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("officer", Role.HANDLER)
    with bench.office.database.transaction() as session:
        old = tokens.give(session, "officer", now() - timedelta(days=2), days=1)
    first, second = _token(bench, "officer"), _token(bench, "officer")
    client = TestClient(bench.application)

    def status(token: str) -> int:
        return client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"}).status_code

    assert [status(token) for token in (old, first, second)] == [401, 200, 200]
    with bench.office.database.transaction() as session:
        accounts.withhold(session, "officer")
    assert status(first) == 401
    with bench.office.database.transaction() as session:
        accounts.confirm(session, "officer")
    assert status(first) == 200
    with bench.office.database.transaction() as session:
        accounts.disable(session, "officer", now())
    assert status(first) == status(second) == 401
    client.close()


def test_a_role_that_needs_a_second_factor_gets_nowhere_without_one(strict: Bench) -> None:
    with Arrivals(strict) as arrivals:
        arrivals.account("director", Role.DIRECTOR)
        with strict.office.database.transaction() as session:
            accounts.set_password(session, "director", login.hashed(NEW), must_change=False)
        client = TestClient(over(strict.office), follow_redirects=True)
        page = client.post("/login", data={"username": "director", "password": NEW}).text
        assert "绑定动态口令" in page
        assert "<svg" in page
        assert not re.search(r"<script|style=", page)
        for path in ("/", "/cases", "/new", "/account", "/audit", "/admin"):
            assert "<h1>登录</h1>" in client.get(path).text, path
        assert client.get("/api/v1/cases").status_code == 401
        secret, csrf = _field(page, "secret"), _field(page, "csrf")
        wrong = client.post("/second-factor", data={"csrf": csrf, "secret": secret, "code": "000000"})
        assert wrong.status_code == 403
        code = pyotp.TOTP(secret).at(now())
        enrolled = client.post("/second-factor", data={"csrf": csrf, "secret": secret, "code": code}).text
        codes = re.findall(r"<code>([0-9a-f]{8}-[0-9a-f]{8})</code>", enrolled)
        assert len(set(codes)) == second_factor.RECOVERY_CODES
        assert "我的工作台" in client.get("/").text
        client.close()
        again = TestClient(over(strict.office), follow_redirects=True)
        page = again.post("/login", data={"username": "director", "password": NEW}).text
        assert "<h1>动态口令</h1>" in page
        used = again.post("/second-factor", data={"csrf": _field(page, "csrf"), "code": code})
        assert used.status_code == 403
        passed = again.post("/second-factor", data={"csrf": _field(page, "csrf"), "code": codes[0]})
        assert "我的工作台" in passed.text
        again.close()
        with pytest.raises(Refused):
            _check(strict, "director", codes[0], now())
        with strict.office.database.transaction() as session:
            sessions.begin(session, "director", now())


def test_a_code_is_taken_once_and_wrong_ones_lock_the_account(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("officer", Role.HANDLER)
    secret = second_factor.new_secret()
    clock = pyotp.TOTP(secret)
    _enrol(bench, "officer", secret, clock.at(MOMENT), MOMENT)
    with pytest.raises(Refused):  # the code that proved the secret is used up
        _check(bench, "officer", clock.at(MOMENT), MOMENT)
    later = MOMENT + timedelta(seconds=60)
    _check(bench, "officer", clock.at(later), later)
    with pytest.raises(Refused):
        _check(bench, "officer", clock.at(later), later)
    with pytest.raises(Refused):  # nor one from before it
        _check(bench, "officer", clock.at(MOMENT + timedelta(seconds=30)), later)
    for _ in range(2):
        with pytest.raises(Refused, match="不对"):
            _check(bench, "officer", "12345", later)
    with pytest.raises(Refused, match="次数过多"):  # the right one, after five wrong ones
        _check(bench, "officer", clock.at(later + timedelta(seconds=60)), later)
    with bench.office.database.reading() as session:
        row = session.connection().exec_driver_sql("SELECT totp_secret FROM people WHERE username = 'officer'").one()
    assert secret not in row[0]


def test_the_right_password_alone_does_not_clear_wrong_codes(bench: Bench, arrivals: Arrivals) -> None:
    arrivals.account("officer", Role.HANDLER)
    password = bench.give_password("officer")
    secret = second_factor.new_secret()
    _enrol(bench, "officer", secret, pyotp.TOTP(secret).at(MOMENT), MOMENT)
    for _ in range(5):
        bench.log_in("officer", password, MOMENT)
        with pytest.raises(Problem):
            _check(bench, "officer", "000", MOMENT)
    right = pyotp.TOTP(secret).at(MOMENT + timedelta(seconds=30))
    with pytest.raises(Refused, match="次数过多"):
        _check(bench, "officer", right, MOMENT)


def test_who_asks_too_often_is_told_when_to_ask_again(strict: Bench) -> None:
    with Arrivals(strict) as arrivals:
        arrivals.account("officer", Role.HANDLER)
        client = TestClient(over(strict.office))
        first, second = _token(strict, "officer"), _token(strict, "officer")

        def ask(token: str) -> Any:
            return client.get("/api/v1/cases", headers={"Authorization": f"Bearer {token}"})

        assert [ask(first).status_code for _ in range(7)] == [200] * 6 + [429]
        told = ask(first)
        assert told.headers["content-type"] == "application/problem+json"
        assert 1 <= int(told.headers["Retry-After"]) <= 60
        assert "每分钟最多6次" in told.json()["detail"]
        assert ask(second).status_code == 200
        assert [ask("guess" * n).status_code for n in range(1, 8)] == [401] * 6 + [429]
        tries = [client.post("/login", data={"username": "x", "password": "y"}) for _ in range(5)]
        assert [answer.status_code for answer in tries] == [403] * 4 + [429]
        assert int(tries[-1].headers["Retry-After"]) >= 1
        assert "过于频繁" in tries[-1].text
        assert client.get("/health/live").status_code == 200
        client.close()


def _field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


def test_a_password_is_kept_under_a_hash_that_costs_memory_and_time() -> None:
    shipped = "from accounts.login import hashed; print(hashed('Duban-2026!'))"
    done = subprocess.run([sys.executable, "-c", shipped], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
