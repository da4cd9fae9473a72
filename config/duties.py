"""The catalogue of duties that a finding can name (`config/duties.yaml`), read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

FILE: Final = Path(__file__).parent / "duties.yaml"


@lru_cache
def catalogue() -> Sequence[Mapping[str, Any]]:
    """Return the entries of the catalogue as they stand in the file. Whoever reads them must not change them."""
    read = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CSafeLoader)  # the safe loader, in C
    return tuple(read["duties"])


@lru_cache
def duty_titles() -> Mapping[str, tuple[str, str]]:
    """Return the Chinese and English titles of the duties and of their clauses, by id, in the catalogue's order.

    Whoever reads the mapping must not change it: it is read once and shared.
    """
    titles: dict[str, tuple[str, str]] = {}
    for duty in catalogue():
        for entry in (duty, *duty.get("clauses", ())):
            chinese = entry.get("title_zh") or duty["title_zh"]
            titles[entry["id"]] = (chinese, entry.get("title_en") or chinese)
    return titles


def duty_ids() -> frozenset[str]:
    """Return the ids of all duties and clauses that a finding can name."""
    return frozenset(duty_titles())
