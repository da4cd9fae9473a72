"""What `config/sample.yaml` tells, read for one day: its days become dates, its placeholders become values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

import config

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from states.working_days import Calendar

FILE: Final = Path(config.__file__).parent / "sample.yaml"
_PLACEHOLDER: Final = re.compile(r"\{(today|day|year|file)(?::([^}]+))?\}")
STEPS: Final = ("act", "draft", "submit", "sign_document", "issue", "serve")
"""What a step can be: an act of the case, or a step of one of its documents. The value names which."""


@dataclass(frozen=True, slots=True)
class ScriptedUnit:
    """A unit of the sample: its key in the script, and what it is called."""

    key: str
    name: str
    kind: str
    parent: str
    head: str

    @property
    def liaison(self) -> str:
        """Return the post of the liaison, by which cases call it too."""
        return f"{self.name}联络员"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who can log in. `unit` is the key of a unit, or empty for the office; `holds` the role of the post."""

    username: str
    name: str
    role: str
    unit: str
    holds: str


@dataclass(frozen=True, slots=True)
class ScriptedStep:
    """One step of a case, of a document or of a clue: what, by whom, on which day, and when it was entered."""

    on: date
    entered: date
    by: str
    what: str
    which: str
    data: Mapping[str, Any]
    sign: str = ""
    signed_by: str = ""


@dataclass(frozen=True, slots=True)
class CaseScript:
    """The life of one case, in the order of its steps. `clue` is the number of the clue that it was made of, or 0."""

    place: int
    unit: str
    finding: Mapping[str, Any]
    clue: int
    steps: tuple[ScriptedStep, ...]

    @property
    def opened_on(self) -> date:
        """Return the day on which the case was entered."""
        return self.steps[0].entered


@dataclass(frozen=True, slots=True)
class ClueScript:
    """A clue, with who put it aside and why, if somebody did."""

    unit: str
    duty: str
    source: str
    text: str
    raised: ScriptedStep
    dismissed: ScriptedStep | None


class Script:
    """The sample's story, told for a day."""

    def __init__(self, today: date, calendar: Calendar) -> None:
        """Read the story for `today`; its days are counted from the last working day until then."""
        self.today = today
        self.calendar = calendar
        self.anchor = today if calendar.works(today) else calendar.back(today, 1)
        self._told: dict[str, Any] = yaml.load(FILE.read_text("utf-8"), Loader=yaml.CSafeLoader)

    def day(self, offset: int) -> date:
        """Return the day so many working days after the anchor, or before it where `offset` is negative."""
        return self.calendar.forward(self.anchor, offset) if offset > 0 else self.calendar.back(self.anchor, -offset)

    @cached_property
    def contact(self) -> str:
        """The address of a post, with a place for what stands for the post."""
        return str(self._told["contact"])

    @cached_property
    def stopped(self) -> tuple[date, date]:
        """The first and the last day on which the machine stood still; both belong to it."""
        told = self._told["stopped"]
        return self.day(told["from"]), self.day(told["until"])

    @cached_property
    def proposed(self) -> Mapping[str, Any]:
        """The policy that is proposed for all open cases and not decided: which, on which day, and by whom."""
        told = self._told["proposed"]
        return {**told, "at": self.day(told["at"])}

    @cached_property
    def asked(self) -> Mapping[str, str]:
        """A unit that is asked for and not granted: its name, kind, and the key of the one above."""
        return dict(self._told["asked"])

    @cached_property
    def units(self) -> Mapping[str, ScriptedUnit]:
        """The units by their keys, each behind the one above it."""
        return {
            key: ScriptedUnit(key, told["name"], told["kind"], told.get("parent", ""), told["post"])
            for key, told in self._told["units"].items()
        }

    @cached_property
    def people(self) -> Sequence[Member]:
        """Who can log in, in the order in which they are shown."""
        return [
            Member(username, told["name"], told["role"], told.get("unit", ""), told.get("holds", ""))
            for username, told in self._told["people"].items()
        ]

    @cached_property
    def files(self) -> Mapping[str, str]:
        """The files that acts cite, by their names."""
        return dict(self._told["files"])

    @cached_property
    def ledger(self) -> Mapping[int, str]:
        """On which rung the unit of a row of the ledger puts things right, by the place of the row."""
        return {place: rung for rung, places in self._told["ledger"].items() for place in places}

    @cached_property
    def cases(self) -> Sequence[CaseScript]:
        """The cases in the order in which they were entered; their place gives them their numbers."""
        found = [
            (told["unit"], told["finding"], told.get("clue", 0), tuple(self._step(step) for step in told["steps"]))
            for told in self._told["cases"]
        ]
        found.sort(key=lambda one: one[3][0].entered)
        return [CaseScript(place, *one) for place, one in enumerate(found, start=1)]

    @cached_property
    def clues(self) -> Sequence[ClueScript]:
        """The clues in the order in which they were raised, which gives them their numbers."""
        return [
            ClueScript(
                unit=told["unit"],
                duty=told["duty"],
                source=told["source"],
                text=told["text"],
                raised=self._step({**told, "act": "raise_clue"}),
                dismissed=self._step({**told["dismissed"], "act": "dismiss_clue"}) if "dismissed" in told else None,
            )
            for told in self._told["clues"]
        ]

    @cached_property
    def inspections(self) -> Sequence[Mapping[str, Any]]:
        """The inspections of the year, as the story tells them, in the order in which they were planned."""
        return list(self._told["inspections"])

    def _step(self, told: Mapping[str, Any]) -> ScriptedStep:
        what = next(name for name in STEPS if name in told)
        on = self.day(told["at"])
        data = told.get("data") or told.get("typed") or {key: told[key] for key in ("reason",) if key in told}
        return ScriptedStep(
            on=on,
            entered=self.day(told["entered"]) if "entered" in told else on,
            by=told["by"],
            what=what,
            which=told[what],
            data=data,
            sign=told.get("sign", ""),
            signed_by=told.get("signed_by", ""),
        )

    def filled(self, value: Any, hashes: Mapping[str, str]) -> Any:  # noqa: ANN401  # whatever YAML can hold
        """Return the value with its placeholders filled in; `hashes` are the files' by their names."""
        if isinstance(value, dict):
            return {key: self.filled(one, hashes) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one, hashes) for one in value]
        if not isinstance(value, str):
            return value
        return _PLACEHOLDER.sub(lambda found: self._value(found[1], found[2] or "", hashes), value)

    def _value(self, kind: str, name: str, hashes: Mapping[str, str]) -> str:
        match kind:
            case "today":
                return self.today.isoformat()
            case "day":
                return self.day(int(name)).isoformat()
            case "year":
                return str(self.day(int(name)).year)
            case _:
                return hashes[name]
