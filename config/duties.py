"""The catalogue of duties that a finding can name (`config/duties.yaml`), read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = Path(__file__).parent / "duties.yaml"


@lru_cache
def duty_titles() -> Mapping[str, tuple[str, str]]:
    """Return the Chinese and English titles of the duties and of their clauses, by id, in the catalogue's order.

    Whoever reads the mapping must not change it: it is read once and shared.
    """
    catalogue = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CSafeLoader)  # the safe loader, in C
    titles: dict[str, tuple[str, str]] = {}
    for duty in catalogue["duties"]:
        for entry in (duty, *duty.get("clauses", ())):
            chinese = entry.get("title_zh") or duty["title_zh"]
            titles[entry["id"]] = (chinese, entry.get("title_en") or chinese)
    return titles


def duty_ids() -> frozenset[str]:
    """Return the ids of all duties and clauses that a finding can name."""
    return frozenset(duty_titles())
