"""Tokens for the HTTP interface: several per person, each with what it is for, until when, and only as a hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, update

from states.errors import BadData, NotFound, Sentence
from store.accounts import Person, held_by, holder_in, person, person_id
from store.organisation import require_plain
from store.schema.accounts import ApiTokenRow, PersonRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

READ: Final = "read"
ACT: Final = "act"
AUDIT: Final = "audit"
SCOPES: Final = {
    READ: ("读取案件", "reading cases"),
    ACT: ("登记问题、办理事项", "registering findings and entering acts"),
    AUDIT: ("检查点与校验", "checkpoints and verifying"),
}
DAYS: Final = 365
LONGEST_DAYS: Final = 1095
MOST: Final = 20
_LONGEST_NAME: Final = 100
_SEEN_EVERY: Final = timedelta(minutes=1)
_NO_SCOPE: Final = Sentence(
    "权限范围“{scope}”不存在，应为 read、act、audit 中的一个或几个。",
    "There is no scope “{scope}”; give one or several of read, act, audit.",
)
_BAD_DAYS: Final = Sentence("令牌有效期应为1至{most}天。", "A token is valid for 1 to {most} days.")
_BAD_NAME: Final = Sentence("令牌名称不得超过{most}字。", "The name of a token has at most {most} characters.")
_TOO_MANY: Final = Sentence(
    "有效令牌已达{most}个，请先撤销不用的令牌。", "You hold {most} tokens already; revoke those you do not use."
)
_NO_TOKEN: Final = Sentence("没有这个令牌，或已撤销。", "There is no such token, or it is revoked.")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token, and what the token is for."""

    person: Person
    token_id: int
    scopes: frozenset[str]
    unnoted: bool
    """Whether it is more than a minute since the token was noted as used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as its owner and the security administrator see it: never the token itself."""

    id: int
    username: str
    name: str
    scopes: tuple[str, ...]
    made_at: datetime | None
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    def is_live(self, at: datetime) -> bool:
        """Say whether the token opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > at)


def give(  # what a token is made of, each by its name
    session: Session, username: str, at: datetime, *, name: str = "", scopes: Iterable[str] = SCOPES, days: int = DAYS
) -> str:
    """Make a token and return it, the only time that it is seen.

    Raises:
        NotFound: there is no such user, or he or she may not act.
        BadData: a scope, the name or the number of days makes no sense, or there are too many tokens.
    """
    person(session, username)
    wanted = sorted(set(scopes))
    for scope in wanted or [""]:
        if scope not in SCOPES:
            raise BadData(_NO_SCOPE.fill(scope=scope))
    if not 1 <= days <= LONGEST_DAYS:
        raise BadData(_BAD_DAYS.fill(most=LONGEST_DAYS))
    require_plain(name)
    if len(name) > _LONGEST_NAME:
        raise BadData(_BAD_NAME.fill(most=_LONGEST_NAME))
    if sum(token.is_live(at) for token in of(session, username)) >= MOST:
        raise BadData(_TOO_MANY.fill(most=MOST))
    text = secrets.token_urlsafe(32)
    session.add(
        ApiTokenRow(
            person_id=person_id(session, username),
            name=name,
            token_hash=sha256(text.encode()).hexdigest(),
            scopes=" ".join(wanted),
            made_at=at,
            expires_at=at + timedelta(days=days),
        )
    )
    return text


_HOLDER: Final = held_by(
    ApiTokenRow.person_id,
    ApiTokenRow.id,
    ApiTokenRow.scopes,
    ApiTokenRow.revoked_at,
    ApiTokenRow.expires_at,
    ApiTokenRow.used_at,
).where(ApiTokenRow.token_hash == bindparam("token_hash"))


def holder(session: Session, token_hash: str, at: datetime) -> Holder | None:
    """Return who holds the token with this hash; nobody if it is void, has ended, or its holder may not act."""
    row = session.connection().execute(_HOLDER, {"token_hash": token_hash}).first()
    if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    unnoted = row.used_at is None or row.used_at < at - _SEEN_EVERY
    return Holder(holder_in(row), row.id, frozenset(row.scopes.split()), unnoted)


def note_use(session: Session, token_id: int, at: datetime) -> None:
    """Note that the token was used."""
    session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.id == token_id)
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )


def of(session: Session, username: str = "") -> list[Token]:
    """Return the tokens of a person, or of everybody, newest first."""
    statement = select(ApiTokenRow, PersonRow.username).join(PersonRow, PersonRow.id == ApiTokenRow.person_id)
    if username:
        statement = statement.where(PersonRow.username == username)
    return [
        Token(
            id=row.id,
            username=owner,
            name=row.name,
            scopes=tuple(row.scopes.split()),
            made_at=row.made_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
        )
        for row, owner in session.execute(statement.order_by(ApiTokenRow.id.desc()).limit(500))
    ]


def revoke(session: Session, token_id: int, username: str, at: datetime) -> None:
    """Make a token of this person void.

    Raises:
        NotFound: the person holds no such token, or it is void already.
    """
    row = session.get(ApiTokenRow, token_id)
    if row is None or row.revoked_at is not None or row.person_id != person_id(session, username):
        raise NotFound(_NO_TOKEN)
    row.revoked_at = at
