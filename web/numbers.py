"""Case numbers as lists have them."""

from __future__ import annotations

import re
from typing import Final


def short_number(number: str, lang: str) -> str:
    """Return a case number as lists have it: 6号 for 临法治督案〔2026〕6号; whole where it has no year in brackets."""
    before, bracket, short = number.rpartition("〕")
    if not bracket or not short or not before:
        return number
    found = _SHORT.fullmatch(short)
    if lang != "en" or found is None:
        return short
    return f"No. {found['n']}" + (f", part {found['part']}" if found["part"] else "")


_SHORT: Final = re.compile(r"(?P<n>\d+)号?(?:-移(?P<part>\d+))?")
"""A number behind its year; a part that was handed over as a case of its own has its place behind it."""
