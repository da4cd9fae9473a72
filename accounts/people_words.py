"""The words that the cells of the people's workbook may hold for roles, kinds of units, and ways of holding a post."""

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
WAYS_OF_HOLDING: Final = {
    **dict.fromkeys(("", "任职", "正式"), HELD_IN_FULL),
    **dict.fromkeys(("主持", "主持工作"), "presiding"),
    **dict.fromkeys(("代理", "代"), "acting"),
}
YES: Final = frozenset({"是", "新", "确认", "yes", "1"})
