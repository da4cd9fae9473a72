"""Logging in through the office's identity provider: OpenID Connect, code flow with PKCE, state and nonce.

The provider says who somebody is. Whether there is such an account, and what it may do, is said here: a login finds an
account that exists and is confirmed, and never makes one.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import requests
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]  # it has no types
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]  # it has no types
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from accounts.second_factor import awaited
from states.errors import NotFound, Refused, Sentence, Unavailable
from store import accounts, oidc_logins, sessions

if TYPE_CHECKING:
    from datetime import datetime

    from config.settings import Settings
    from store.database import Database

TIMEOUT: Final = 10
_LEEWAY: Final = 60
_ALGORITHMS: Final = ["RS256", "ES256", "PS256", "EdDSA"]
"""What an ID token may be signed with: never `none`, never the client's own secret."""
_OFF: Final = Sentence("没有设置统一身份认证（DUBAN_OIDC_ISSUER）。", "No single sign-on is set (DUBAN_OIDC_ISSUER).")
_AWAY: Final = Sentence("统一身份认证没有应答，请用口令登录。", "The single sign-on does not answer; use the password.")
_BAD: Final = Sentence(
    "统一身份认证的应答未通过校验（{why}），没有登录。请重新登录。",
    "The answer of the single sign-on is not valid ({why}); nobody was logged in. Log in again.",
)
_UNKNOWN: Final = Sentence(
    "统一身份认证中的账号在本系统没有对应的可用账号，请联系系统管理员。",
    "The account of the single sign-on has no account in use here; ask the system administrator.",
)


@dataclass(frozen=True, slots=True)
class SentLogin:
    """Where the browser is sent, and the state that it brings back."""

    address: str
    state: str


def _known(settings: Settings) -> dict[str, Any]:
    """Return what the provider says of itself.

    Raises:
        NotFound: no provider is set.
        Unavailable: it does not answer, or says that it is another.
    """
    if not settings.oidc_issuer:
        raise NotFound(_OFF)
    issuer = settings.oidc_issuer.rstrip("/")
    found = _read(f"{issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise Unavailable(_AWAY)
    return found


def _read(address: str) -> dict[str, Any]:
    try:
        answer = requests.get(address, timeout=TIMEOUT, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(_AWAY) from error
    if not isinstance(found, dict):
        raise Unavailable(_AWAY)
    return found


def _client(settings: Settings, back: str) -> OAuth2Session:
    return OAuth2Session(
        settings.oidc_client_id,
        settings.oidc_client_secret,
        scope="openid profile",
        redirect_uri=back,
        code_challenge_method="S256",
    )


def depart(database: Database, settings: Settings, back: str, at: datetime) -> SentLogin:
    """Begin a login at the provider, which sends the browser to `back` afterwards.

    Raises:
        NotFound: no provider is set.
        Unavailable: it does not answer.
    """
    known = _known(settings)
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    with _client(settings, back) as client:
        address, state = client.create_authorization_url(
            known["authorization_endpoint"], nonce=nonce, code_verifier=verifier
        )
    with database.transaction() as session:
        oidc_logins.begin(session, state, nonce, verifier, at)
    return SentLogin(str(address), str(state))


def arrive(  # what came back, to which login, when, where from
    database: Database, settings: Settings, back: str, asked: str, state: str, at: datetime, address: str = ""
) -> str:
    """Begin a session for who came back with the address `asked`; `state` is what the browser was given.

    Raises:
        Refused: the answer is not to a login of this browser, not signed by the provider, not for us, over, or names
            nobody with an account in use.
        Unavailable: the provider does not answer.
    """
    known = _known(settings)
    with database.transaction() as session:
        begun = oidc_logins.take(session, state, at)
    if begun is None:
        raise Refused(_BAD.fill(why="state"))
    nonce, verifier = begun
    try:
        with _client(settings, back) as client:
            got = client.fetch_token(
                known["token_endpoint"],
                authorization_response=asked,
                state=state,
                code_verifier=verifier,
                timeout=TIMEOUT,
            )
    except OAuthError as error:
        raise Refused(_BAD.fill(why=error.error)) from error
    except (requests.RequestException, ValueError) as error:
        raise Unavailable(_AWAY) from error
    claims = _claims(settings, known, str(got.get("id_token", "")), nonce, at)
    with database.transaction() as session:
        try:
            username = accounts.person(session, str(claims.get(settings.oidc_claim, ""))).username
        except NotFound as error:
            raise Refused(_UNKNOWN) from error
        awaits = awaited(session, settings.second_factor_for, username)
        return sessions.begin(session, username, at, awaits=awaits, address=address)


def _claims(settings: Settings, known: dict[str, Any], text: str, nonce: str, at: datetime) -> dict[str, Any]:
    """Return what a valid ID token says (OpenID Connect Core §3.1.3.7)."""
    keys = _read(known["jwks_uri"])
    try:
        token = jwt.decode(text, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]  # JSON
        jwt.JWTClaimsRegistry(
            now=int(at.timestamp()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": known["issuer"]},
            aud={"essential": True, "value": settings.oidc_client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        ).validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise Refused(_BAD.fill(why=type(error).__name__)) from error
    audience = token.claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and token.claims.get("azp") != settings.oidc_client_id:
        raise Refused(_BAD.fill(why="azp"))
    return dict(token.claims)
