"""What the cells of the workbook of people may say: roles, kinds of units, ways of holding a post, channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accounts.operators import THREE, UNIT_KINDS
from states.vocabulary import Role
from states.vocabulary import name as name_of
from store.registry import HELD_IN_FULL

if TYPE_CHECKING:
    from collections.abc import Mapping


ROLES: Final[Mapping[str, Role]] = {
    **{name_of(role).zh: role for role in Role if role not in THREE and role is not Role.SYSTEM},
    **{role.value: role for role in Role if role not in THREE and role is not Role.SYSTEM},
    "第一责任人": Role.HEAD,
}
KINDS: Final = {zh: kind for kind, (zh, _en) in UNIT_KINDS.items()} | {kind: kind for kind in UNIT_KINDS}
HOLDING_BY_WORD: Final = {
    **dict.fromkeys(("", "任职", "正式"), HELD_IN_FULL),
    **dict.fromkeys(("主持", "主持工作"), "presiding"),
    **dict.fromkeys(("代理", "代"), "acting"),
}
YES: Final = frozenset({"是", "新", "确认", "yes", "1"})


def several(text: str, between: str = "、；;\n") -> list[str]:
    """Return the several things that a cell names."""
    for sign in between:
        text = text.replace(sign, "\n")
    return [part for part in (part.strip() for part in text.split("\n")) if part]


def way_of(text: str) -> tuple[str, str]:
    """Return the channel and the address of a way; a mail address needs no channel."""
    kind, colon, address = text.partition(":")
    if not colon or (kind.lower() != "mail" and "@" in kind):
        return "mail", text
    return kind.strip().lower(), address.strip()
