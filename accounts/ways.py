"""Addresses of posts and people as an administrator types them: judged when they are entered, tried at one button."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from accounts.operators import note
from notifications.addresses import APPRISE, KIND_WORDS, masked, shown
from notifications.channels import check_address
from notifications.reasons import reason_words
from notifications.servers import Message
from states.address_groups import group_of, tags_of
from states.errors import BadData, Sentence
from store import contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from accounts.operators import Operator
    from notifications.channels import Channels
    from store.database import Database

MOST_ROWS: Final = 20
"""So many addresses are read of a form, and so many new appointments of a person."""
_SENT: Final = Sentence("测试消息已送达服务器：{to}", "The server took the test message: {to}")
_NOT_SENT: Final = Sentence("测试消息未能送出：{to}：{reason}", "The test message was not taken: {to}: {reason}")
_TO: Final = Sentence("{kind} {address}", "{kind} {address}")
_TEST: Final = Sentence(
    "这是督办系统的测试消息，不含案件内容，无需处理。发送人：{who}",
    "This is a test message of Duban, without any matter of a case. Sent by {who}.",
)
_NO_GROUP: Final = Sentence(
    "没有哪个地址带有标签“{tag}”：请先登记带此标签的地址，例如 apprise:{tag}=ntfy://服务器/主题。",
    "No address carries the tag “{tag}”: enter one that does first, as apprise:{tag}=ntfy://server/topic.",
)


def of_form(form: Mapping[str, str]) -> list[str]:
    """Return the rows of a form, `way.0.kind` beside `way.0.address`, as `mail:name@host`; an empty row is empty."""
    return [
        f"{form.get(f'way.{place}.kind', '')}:{address}" if address else ""
        for place in range(MOST_ROWS)
        for address in [form.get(f"way.{place}.address", "").strip()]
    ]


def taken_over(typed: Sequence[str], known: Iterable[tuple[str, str]]) -> list[tuple[str, str] | None]:
    """Return the channel and address of each way as it was typed, `mail:name@host`; nothing where nothing was.

    A way that was shown without its key, and came back so, stays what it is in `known`; of several that are shown
    alike each comes back once, in their order.
    """
    there: dict[str, list[tuple[str, str]]] = {}
    for kind, address in known:
        there.setdefault(shown(kind, address), []).append((kind, address))
    found: list[tuple[str, str] | None] = []
    for text in map(str.strip, typed):
        kind, _, address = text.partition(":")
        if there.get(text):
            found.append(there[text].pop(0))
        else:
            found.append((kind.strip(), address.strip()) if text else None)
    return found


def require_usable(database: Database, ways: Sequence[tuple[str, str]], channels: Channels) -> None:
    """Do nothing if messages can go to all of these ways.

    Raises:
        BadData: an address is none, leads into this machine, or names a tag that no address carries.
    """
    for kind, address in ways:
        check_address(kind, address)
        channels.require_outside(kind, address)
    groups = {tag for kind, address in ways if kind == APPRISE and (tag := group_of(address))}
    if not groups:
        return
    with database.reading() as session:
        tagged = contacts.tags(session) | {tag for _kind, address in ways for tag in tags_of(address)}
    for tag in sorted(groups - tagged):
        raise BadData(_NO_GROUP.fill(tag=tag))


def send_test(  # whose way, by whom, which, when
    database: Database, who: Operator, whom: str, way: tuple[str, str], channels: Channels, at: datetime
) -> Sentence:
    """Send a message without any matter of a case to one address, and write down how that ended.

    Raises:
        BadData: the message was not taken; the sentence says why.
    """
    kind, address = way
    message = Message(
        message_id=f"test-{secrets.token_hex(10)}",
        subject="督办测试消息 Duban test",
        body=_TEST.fill(who=who.username).text("zh-CN"),
        created_at=at,
    )
    with database.reading() as session:
        to = contacts.spread(session, kind, address)
    # Outside the transaction: what went to the world is written down afterwards, however it ended.
    outcome = channels.send(kind, to, message)
    told = f"{kind}:{masked(address)}"
    shown_to = _TO.fill(kind=KIND_WORDS[kind], address=masked(address))
    with database.transaction() as session:
        note(session, who, "test_contact", whom, at, f"{told} {outcome.reason or 'ok'}")
    if not outcome.ok:
        raise BadData(_NOT_SENT.fill(to=shown_to, reason=reason_words(outcome.reason)))
    return _SENT.fill(to=shown_to)
