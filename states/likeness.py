"""How much two findings say the same: by the pieces of text that they have in common.

Pure: no case is looked up here. What is found to be alike is shown to a person, who decides whether it is one finding,
a finding that came back (反复出现), or another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from states.written_terms import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

PIECE: Final = 2
"""Letters in a piece: most Chinese words have two."""
LEAST: Final = 0.5
"""From here on two findings are shown as alike."""
_CIRCUMSTANCE: Final = 0.1
_PART: Final = 0.8
_SHORTEST: Final = 8


@dataclass(frozen=True, kw_only=True)
class ComparedFinding:
    """A finding of one unit, as far as likeness goes. `number` is empty for one that has no case yet."""

    number: str
    text: str
    duty: str
    found_on: date
    is_open: bool = True

    @cached_property
    def pieces(self) -> frozenset[str]:
        """The overlapping pieces of the text, of two letters each; a shorter text is one piece."""
        letters = core(self.text)
        if len(letters) <= PIECE:
            return frozenset({letters} if letters else ())
        return frozenset(letters[place : place + PIECE] for place in range(len(letters) - PIECE + 1))


@dataclass(frozen=True, slots=True)
class Resembling:
    """A case that resembles a finding, and how much: from 0 to 1, where 1 is the same words, duty and day."""

    number: str
    likeness: float
    is_open: bool


def core(text: str) -> str:
    """Return the letters and figures of a text alone, in one form: what two writings of one text have in common."""
    return "".join(letter for letter in plain(text).casefold() if letter.isalnum())


def likeness(one: ComparedFinding, other: ComparedFinding) -> float:
    """Return how alike two findings of one unit are, from 0 to 1.

    The share of pieces that both have (Jaccard), or, where one text is part of a longer one, four fifths of the share
    of the shorter one's pieces; a tenth more for the same duty, and for the same day.
    """
    mine, theirs = one.pieces, other.pieces
    if not mine or not theirs:
        return 0.0
    common = len(mine & theirs)
    words = common / len(mine | theirs)
    if min(len(mine), len(theirs)) >= _SHORTEST:
        words = max(words, _PART * common / min(len(mine), len(theirs)))
    circumstances = (one.duty == other.duty) + (one.found_on == other.found_on)
    # Circumstances alone never make two texts alike: they count by as much as the words agree.
    return min(1.0, words * (1 + _CIRCUMSTANCE * circumstances))


def resembling(finding: ComparedFinding, others: Iterable[ComparedFinding], *, most: int = 5) -> list[Resembling]:
    """Return the cases of the unit that the finding resembles, the most alike first."""
    found = []
    for other in others:
        alike = likeness(finding, other)
        if alike >= LEAST:
            found.append(Resembling(other.number, round(alike, 2), other.is_open))
    return sorted(found, key=lambda one: -one.likeness)[:most]
