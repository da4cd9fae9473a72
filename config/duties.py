"""The catalogue of duties that a finding can name (`config/duties.yaml`), read once."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from states.duty import CatalogueDuty

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


@lru_cache
def catalogue_duties() -> Mapping[str, CatalogueDuty]:
    """Return what the catalogue says of whom each duty and clause binds, by id, in the catalogue's order.

    A clause binds whom its item binds. An article that only heads items stands for all of them. Whoever reads the
    mapping must not change it: it is read once and shared.
    """
    found: dict[str, CatalogueDuty] = {}
    for entry in catalogue():
        kind, bearers = entry["kind"], frozenset(entry["bearers"])
        if kind == "heading":
            items = [item for item in catalogue() if item["article"] == entry["article"] and item is not entry]
            kind, bearers = items[0]["kind"], frozenset(name for item in items for name in item["bearers"])
        for part in (entry, *entry.get("clauses", ())):
            found[part["id"]] = CatalogueDuty(
                key=part["id"],
                article=entry["article"],
                kind=kind,
                bearers=bearers,
                government_only="不含党委工作部门" in part.get("recurrence", {}).get("applies_to", ""),
            )
    return found


def duty_evidence(key: str) -> tuple[str, ...]:
    """Return what an inspection looks at to see whether this duty is done: practice, in Chinese, of its item."""
    for entry in catalogue():
        if key == entry["id"] or any(key == clause["id"] for clause in entry.get("clauses", ())):
            return tuple(entry.get("evidence", ()))
    return ()
