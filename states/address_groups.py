"""Groups of addresses, as Apprise's tags make them: `机关,值班=ntfy://…` is in two groups, `tag:值班` means one."""

from __future__ import annotations

import re
from typing import Final

_TAGGED: Final = re.compile(r"([\w-]{1,40}(?:,[\w-]{1,40}){0,9})=(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_GROUP: Final = re.compile(r"tag:([\w-]{1,40})")
GROUP_SIGN: Final = "tag:"


def group_of(address: str) -> str:
    """Return the tag of the group that an address means; nothing where it is no group."""
    found = _GROUP.fullmatch(address)
    return found[1] if found is not None else ""


def tags_of(address: str) -> tuple[str, ...]:
    """Return the tags that an address carries."""
    found = _TAGGED.match(address)
    return tuple(dict.fromkeys(found[1].split(","))) if found is not None else ()


def untagged(address: str) -> str:
    """Return an address without the tags before it, as Apprise itself takes it."""
    found = _TAGGED.match(address)
    return address[found.end() :] if found is not None else address
