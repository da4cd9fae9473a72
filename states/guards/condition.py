"""What a guard is: a condition on one `Situation`, with the sentence that people are told when it does not hold.

Guards marked `asks_data` look at the data of the act as well; they are left out when somebody only wants to know
what may be done (`decision.allowed`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from states.errors import GuardRefused, Sentence
from states.terms import date_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from states.command import Situation


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition with the sentence for when it does not hold."""

    code: str
    holds: Callable[[Situation], bool]
    zh: str
    en: str
    particulars: Callable[[Situation], dict[str, Any]] | None = None
    asks_data: bool = False

    def check(self, situation: Situation) -> None:
        """Do nothing if the condition holds.

        Raises:
            GuardRefused: it does not; the sentence says what is missing.
        """
        if not self.holds(situation):
            raise refusal(self, situation)


class GuardFailed(GuardRefused):
    """A guard does not hold; `code` names it for the history."""

    def __init__(self, sentence: Sentence, code: str) -> None:
        """Carry the sentence and the guard's name."""
        super().__init__(sentence)
        self.code = code


def refusal(guard: Guard, situation: Situation) -> GuardFailed:
    """Return the refusal that this guard gives in this situation."""
    particulars = guard.particulars(situation) if guard.particulars else {}
    return GuardFailed(Sentence(guard.zh, guard.en, particulars), guard.code)


def day(moment: date | None) -> Sentence:
    """Return the day as both languages write it."""
    if moment is None:
        return Sentence("（无）", "(none)")
    return Sentence(date_text(moment, "zh-CN"), date_text(moment, "en"))
