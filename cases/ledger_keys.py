"""What a mapping calls a column: by the words of its heading, which of several, or its letter where it has none.

`责任单位` means every column of that heading, `责任单位@2` the second of them from the left, and `@P` column P, for
columns without a heading, or with one that is really a text.
"""

from __future__ import annotations

import re
from typing import Final

from cases.ledger_fields import heading_of

_LONGEST: Final = 60
"""Words; what is longer is called by its letter."""
_WHICH: Final = re.compile(r"(?P<heading>.+)@(?P<which>[1-9]\d{0,2})", re.DOTALL)
_LETTER: Final = re.compile(r"@(?P<letter>[A-Za-z]{1,3})")


def key_of(words: str, which: int, letter: str) -> str:
    """Return the key of the column with these words of a heading; `which` counts columns of the same words from 1."""
    if not words or len(words) > _LONGEST:
        return f"@{letter}"
    return words if which == 1 else f"{words}@{which}"


def key_from(written: str) -> str:
    """Return the key that a person wrote into a mapping, as it is compared."""
    letter = _LETTER.fullmatch(written.strip())
    if letter is not None:
        return f"@{letter['letter'].upper()}"
    found = _WHICH.fullmatch(written.strip())
    if found is not None:
        words = heading_of(found["heading"]).words
        return words if found["which"] == "1" else f"{words}@{found['which']}"
    return heading_of(written).words
