"""Case numbers as lists have them."""

from __future__ import annotations


def short_number(number: str, lang: str) -> str:
    """Return a case number as lists have it: 6号 for 临法治督案〔2026〕6号; whole where it has no year in brackets."""
    before, bracket, short = number.rpartition("〕")
    if not bracket or not short or not before:
        return number
    return f"No. {short.removesuffix('号')}" if lang == "en" else short
