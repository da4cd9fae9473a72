"""What can go wrong, and the sentence that says so.

    Problem            something expected stands in the way; nothing was changed
      Refused          the rules do not allow it
        NoSuchAct      no row of the table starts in this state with this act
        NotPermitted   the row exists, but not for this role
        GuardRefused   the row exists for this role, but a guard does not hold
        BadData        the act lacks a field that it needs, or a field makes no sense
      NotFound         there is no such case, person, file
      Conflict         the case was changed by someone else meanwhile
      BadTerm          a term or a date cannot be read
      BadPolicy        a policy file does not make sense
      BadCalendar      a calendar file does not make sense
      BadLedger        a workbook cannot be read as a ledger
      Unavailable      a part of the installation does not answer (database, disk, mail server)

Every `Problem` carries one sentence in Chinese and in English, fit to show to the person who asked.
Anything else that escapes is a defect: let it crash, loudly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in the two languages of the product, with `{named}` places for its particulars.

    Both texts stand where the rule stands, so that who reviews a guard reads what people are told of it.
    """

    zh: str
    en: str
    params: dict[str, Any] = field(default_factory=dict, hash=False)

    def fill(self, **params: Any) -> Sentence:  # noqa: ANN401  # a place takes whatever can be printed
        """Return the sentence with these particulars added."""
        return Sentence(self.zh, self.en, {**self.params, **params})

    def text(self, lang: str = "zh-CN") -> str:
        """Return the sentence in `lang`: Chinese unless it begins with "en"."""
        template = self.en if lang.startswith("en") else self.zh
        particulars = {
            name: value.text(lang) if isinstance(value, Sentence) else value for name, value in self.params.items()
        }
        return template.format(**particulars) if particulars else template

    def __str__(self) -> str:
        """Return the Chinese sentence; the doors choose the language with `text`."""
        return self.text()


class Problem(Exception):  # noqa: N818  # most problems are no errors of anybody: a refusal, a closed window
    """Something expected stands in the way. Nothing was changed."""

    def __init__(self, sentence: Sentence) -> None:
        """Carry the sentence."""
        super().__init__(sentence)
        self.sentence = sentence

    def __str__(self) -> str:
        """Return the Chinese sentence, for logs."""
        return self.sentence.text()


class Refused(Problem):
    """The rules do not allow this."""


class NoSuchAct(Refused):
    """The case cannot do that from where it is."""


class NotPermitted(Refused):
    """The act is possible here, but not for this role."""


class GuardRefused(Refused):
    """The act is possible for this role, but something it needs does not hold yet."""


class BadData(Refused):
    """A field that the act needs is missing or makes no sense."""


class NotFound(Problem):
    """There is no such thing."""


class Conflict(Problem):
    """Someone else changed the case meanwhile."""


class BadTerm(Problem):
    """A term or a date cannot be read."""


class BadMoment(Problem):
    """A moment cannot be read, or lies outside of the years in which this program counts."""


class BadPolicy(Problem):
    """A policy file does not make sense."""


class BadCalendar(Problem):
    """A calendar file does not make sense."""


class BadLedger(Problem):
    """A workbook cannot be read as a ledger."""


class Unavailable(Problem):
    """A part of the installation does not answer."""
