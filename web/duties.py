"""The duties of the catalogue as pages offer them: each with its citation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.citations import duty_words

if TYPE_CHECKING:
    from collections.abc import Mapping


def duty_choices(titles: Mapping[str, tuple[str, str]], lang: str) -> list[tuple[str, str]]:
    """Return every duty that a finding can name, in the catalogue's order, with its citation."""
    return [(key, duty_words(key, titles, lang)) for key in titles]
