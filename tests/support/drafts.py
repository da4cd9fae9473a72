"""Drafts of policies, made from those of the product."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.policy import find_policy, parse_policy

if TYPE_CHECKING:
    from states.policy import Policy


def text_of(name: str = "sichuan-2017") -> str:
    return find_policy(name).read_text("utf-8")


def longer_text(days: int = 5, name: str = "sichuan-2017") -> str:
    """Return the policy with every term in working days so many days longer."""
    return re.sub(r'term = "(\d+)wd"', lambda found: f'term = "{int(found[1]) + days}wd"', text_of(name))


def longer(days: int = 5, name: str = "sichuan-2017") -> Policy:
    return parse_policy(longer_text(days, name), find_policy(name))
