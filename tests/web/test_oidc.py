"""Logging in through an identity provider: a real little one, that signs what it is told to sign."""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from states.vocabulary import Role
from store import accounts
from tests.support.offices import Bench
from tests.support.visitors import Arrivals
from web.single_sign_on import STATE
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.databases import Databases

CLIENT, SECRET = "duban", "between-us"


class Provider:
    """An identity provider on a port of its own. `spoil` changes what it says before it is signed."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "k1", "alg": "RS256", "use": "sig"}, private=True)
        self.signs_with = self.key
        self.spoil: Callable[[dict[str, Any]], None] = lambda _claims: None
        self.codes: dict[str, dict[str, str]] = {}
        self.issuer = ""

    def meet(self, address: str, user: str) -> str:
        """Do what the provider's login page does; return where the browser is sent back to."""
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked | {"user": user}
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def answer(self, path: str) -> dict[str, Any] | None:
        pages: dict[str, dict[str, Any]] = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            },
            "/keys": {"keys": [self.key.as_dict(private=False)]},
        }
        return pages.get(path)

    def exchange(self, form: dict[str, str], login: str) -> dict[str, Any] | None:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or login != f"{CLIENT}:{SECRET}" or form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        digest = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        if digest != asked["code_challenge"]:
            return None
        at = int(time.time())  # noqa: TID251  # the provider has a clock of its own
        claims = {"iss": self.issuer, "sub": "1", "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": asked["nonce"]}
        claims["preferred_username"] = asked["user"]
        self.spoil(claims)
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self.signs_with)
        return {"access_token": "a", "token_type": "Bearer", "id_token": token}


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the standard library's name
            self.reply(provider.answer(self.path))

        def do_POST(self) -> None:  # the standard library's name
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {key: values[0] for key, values in parse_qs(body).items()}
            login = base64.b64decode(self.headers.get("Authorization", "").partition(" ")[2]).decode()
            self.reply(provider.exchange(form, login), 400)

        def reply(self, content: dict[str, Any] | None, otherwise: int = 404) -> None:
            self.send_response(200 if content is not None else otherwise)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content if content is not None else {"error": "invalid_grant"}).encode())

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running(Provider()) as found:
        yield found


@pytest.fixture
def office_(provider: Provider, databases: Databases, tmp_path: Path) -> Iterator[Bench]:
    provider.spoil, provider.signs_with = lambda _claims: None, provider.key
    url = databases.fresh("sqlite")
    more = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with Bench(url, tmp_path, link="http://testserver/", totp_roles="leader", **more) as bench:
        with Arrivals(bench) as arrivals:
            arrivals.account("officer", Role.HANDLER)
            arrivals.account("leader", Role.LEADER)
            arrivals.account("waiting", Role.HANDLER)
            arrivals.account("gone", Role.HANDLER)
        with bench.office.database.transaction() as session:
            accounts.withhold(session, "waiting")
            accounts.disable(session, "gone", now())
        yield bench
    databases.drop(url)


def _come(bench: Bench, provider: Provider, user: str) -> tuple[TestClient, Any]:
    client = TestClient(bench.application, follow_redirects=False)
    left = client.get("/oidc/login")
    assert left.status_code == 303, left.text
    return client, client.get(provider.meet(left.headers["location"], user))


def test_who_the_provider_names_is_let_in_if_there_is_such_an_account(office_: Bench, provider: Provider) -> None:
    client, answer = _come(office_, provider, "officer")
    assert answer.status_code == 200, answer.text
    assert "已登录" in answer.text
    client.follow_redirects = True
    assert "officer<small>承办人</small>" in client.get("/").text
    client.close()
    leader, answer = _come(office_, provider, "leader")
    assert answer.status_code == 200
    assert "绑定动态口令" in leader.get("/second-factor").text
    assert leader.get("/cases").headers["location"] == "/login"
    leader.close()


@pytest.mark.parametrize("user", ["nobody", "waiting", "gone", "", "' OR 1=1 --"])
def test_nobody_is_let_in_without_an_account_in_use_and_none_is_made(
    office_: Bench, provider: Provider, user: str
) -> None:
    client, answer = _come(office_, provider, user)
    assert (answer.status_code, "没有对应的可用账号" in answer.text) == (403, True)
    assert client.get("/").headers["location"] == "/login"
    with office_.office.database.reading() as session:
        assert len(accounts.people(session)) == 4
    client.close()


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": [CLIENT, "another"]},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"sub": None},
    ],
    ids=str,
)
def test_an_answer_that_is_not_for_us_now_is_refused(
    office_: Bench, provider: Provider, change: dict[str, Any]
) -> None:
    def spoil(claims: dict[str, Any]) -> None:
        claims.update({key: value for key, value in change.items() if value is not None})
        for key, value in change.items():
            if value is None:
                del claims[key]

    provider.spoil = spoil
    client, answer = _come(office_, provider, "officer")
    assert (answer.status_code, "未通过校验" in answer.text) == (403, True)
    assert client.get("/").headers["location"] == "/login"
    client.close()


def test_an_answer_signed_by_another_key_is_refused(office_: Bench, provider: Provider) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "k1"}, private=True)
    client, answer = _come(office_, provider, "officer")
    assert (answer.status_code, "未通过校验" in answer.text) == (403, True)
    client.close()


def test_an_answer_comes_once_and_to_the_browser_that_asked(office_: Bench, provider: Provider) -> None:
    client = TestClient(office_.application, follow_redirects=False)
    back = provider.meet(client.get("/oidc/login").headers["location"], "officer")
    other = TestClient(office_.application, follow_redirects=False)
    foreign = other.get(back)
    assert (foreign.status_code, "不是从本浏览器发起" in foreign.text) == (403, True)
    state = client.cookies[STATE]
    assert client.get(back).status_code == 200
    client.cookies.clear()
    client.cookies.set(STATE, state)
    assert client.get(back).status_code == 403
    for one in (client, other):
        one.close()


def test_without_a_provider_or_without_its_answer_there_is_a_sentence(
    databases: Databases, tmp_path: Path, provider: Provider
) -> None:
    url = databases.fresh("sqlite")
    for number, (more, status) in enumerate(
        (({}, 404), ({"oidc_issuer": "http://127.0.0.1:9"}, 503), ({"oidc_issuer": f"{provider.issuer}/x"}, 503))
    ):
        with Bench(url, tmp_path / str(number), **more) as bench:
            client = TestClient(bench.application, follow_redirects=False)
            answer = client.get("/oidc/login")
            assert (answer.status_code, "统一身份认证" in answer.text) == (status, True)
            client.close()
    databases.drop(url)
