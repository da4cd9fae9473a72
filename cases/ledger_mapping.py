"""What a person said of a layout: where each column goes, and what holds where the ledger says nothing.

One mapping step makes any layout importable; whoever calls may keep the mapping under the layout's hash and give it
again the next time. As a file it is JSON, read strictly: a key that is not known is an error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from cases.ledger_fields import LedgerField, heading_of
from cases.ledger_keys import key_from
from files.texts import read_json
from states.errors import BadLedger, BadTerm, Sentence
from states.names import tidy_name
from states.terms import YEARS, parse_date
from states.vocabulary import INSPECTIONS

if TYPE_CHECKING:
    from pathlib import Path

SAME_AS_SERVICE: Final = "served_on"
ASK, FIRST_LEADS = "ask", "first"
_UNITS: Final = ("wd", "d", "m")
_KEYS: Final = ("columns", "sheets", "units", "days", "defaults", "unit_names", "new_units")
_DEFAULTS: Final = ("inspection", "found_on", "duty", "post", "year", "several_units")
_BAD: Final = Sentence("对应列文件 {name}：{reason}", "The mapping {name}: {reason}")
_UNKNOWN: Final = Sentence("没有“{key}”这一项；可用的有：{known}。", "there is no “{key}”; it takes: {known}.")
_WRONG: Final = Sentence("“{key}”应为{wanted}。", "“{key}” must be {wanted}.")
_NO_OBJECT: Final = Sentence("应为一个 JSON 对象。", "it must be a JSON object.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Where columns go, by heading; which sheets are taken; and the office's defaults.

    Attributes:
        columns: the field of each heading, over what would be recognised; `cases.ledger_keys` says how one
            of several columns with the same heading is named, or one without.
        sheets: sheets that are to be left out (False), or taken although they are hidden (True).
        units: by heading, the unit of bare numbers below it.
        days: what 天 means, `d` or `wd`; asked if it is not settled.
        inspection: the kind of inspection of a row that names none.
        found_on: the day of a finding without one; `served_on` takes the day of service.
        duty: the duty of a row that names none.
        post: the responsible post of a row that names none, or only a person.
        year: the year of days that are written without one.
        several_units: what is done with a cell that names several units: `ask`, or `first` (the first one leads, the
            others help).
        unit_names: by the name that the ledger writes, the unit that it means.
        new_units: names that a person has confirmed as new units.
    """

    columns: dict[str, LedgerField] = field(default_factory=dict)
    sheets: dict[str, bool] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    days: str | None = None
    inspection: str = ""
    found_on: date | str = ""
    duty: str = ""
    post: str = ""
    year: int | None = None
    several_units: str = ASK
    unit_names: dict[str, str] = field(default_factory=dict)
    new_units: frozenset[str] = frozenset()

    def field_of(self, heading: str) -> LedgerField | None:
        """Return what the person said of this heading, if anything."""
        return self.columns.get(heading_of(heading).words)

    def unit_of(self, heading: str) -> str | None:
        """Return the unit that the person gave to bare numbers below this heading."""
        return self.units.get(heading_of(heading).words)

    def to_json(self) -> dict[str, Any]:
        """Return the mapping as `mapping_from` reads it."""
        found_on = self.found_on.isoformat() if isinstance(self.found_on, date) else self.found_on
        defaults = {
            "inspection": self.inspection,
            "found_on": found_on,
            "duty": self.duty,
            "post": self.post,
            "year": self.year,
            "several_units": self.several_units,
        }
        said_of_units = {"unit_names": dict(self.unit_names), "new_units": sorted(self.new_units)}
        return {
            "columns": {heading: meaning.value for heading, meaning in self.columns.items()},
            "sheets": dict(self.sheets),
            "units": dict(self.units),
            "days": self.days,
            "defaults": {key: value for key, value in defaults.items() if value not in {"", None}},
            **{key: value for key, value in said_of_units.items() if value},
        }


NO_MAPPING: Final = Mapping()


def read_mapping(path: Path) -> Mapping:
    """Return the mapping that the file holds.

    Raises:
        BadLedger: it cannot be read; the sentence names the key.
    """
    try:
        return mapping_from(read_json(path), path.name)
    except json.JSONDecodeError as error:
        reason = Sentence("不是 JSON（第{line}行）。", "it is not JSON (line {line}).").fill(line=error.lineno)
        raise BadLedger(_BAD.fill(name=path.name, reason=reason)) from error


def mapping_from(content: Any, name: str = "JSON") -> Mapping:  # noqa: ANN401  # whatever JSON can hold
    """Return the mapping that the JSON object describes.

    Raises:
        BadLedger: it makes no sense; the sentence names the key.
    """
    if not isinstance(content, dict):
        raise BadLedger(_BAD.fill(name=name, reason=_NO_OBJECT))
    reader = _Reader(name)
    reader.check_keys(content, _KEYS)
    defaults = reader.table(content, "defaults")
    reader.check_keys(defaults, _DEFAULTS)
    year = defaults.get("year")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool) or year not in YEARS):
        raise reader.wrong("year", Sentence("四位年份", "a year of four figures"))
    return Mapping(
        columns={
            key_from(heading): LedgerField(reader.choice(meaning, heading, tuple(LedgerField)))
            for heading, meaning in reader.table(content, "columns").items()
        },
        sheets={name: reader.flag(value, name) for name, value in reader.table(content, "sheets").items()},
        units={
            key_from(heading): reader.choice(unit, heading, _UNITS)
            for heading, unit in reader.table(content, "units").items()
        },
        days=reader.choice(content["days"], "days", ("d", "wd")) if content.get("days") is not None else None,
        inspection=reader.choice(defaults.get("inspection", ""), "inspection", ("", *INSPECTIONS)),
        found_on=reader.day(defaults.get("found_on", "")),
        duty=reader.text(defaults, "duty"),
        post=reader.text(defaults, "post"),
        year=year,
        several_units=reader.choice(defaults.get("several_units", ASK), "several_units", (ASK, FIRST_LEADS)),
        unit_names={
            tidy_name(name): reader.text({name: meant}, name)
            for name, meant in reader.table(content, "unit_names").items()
        },
        new_units=frozenset(map(tidy_name, reader.texts(content, "new_units"))),
    )


class _Reader:
    """Reads the values of one mapping; every complaint names the mapping and the key."""

    def __init__(self, name: str) -> None:
        self.name = name

    def wrong(self, key: str, wanted: Sentence) -> BadLedger:
        return BadLedger(_BAD.fill(name=self.name, reason=_WRONG.fill(key=key, wanted=wanted)))

    def check_keys(self, content: dict[str, Any], known: tuple[str, ...]) -> None:
        for key in content:
            if key not in known:
                reason = _UNKNOWN.fill(key=key, known="、".join(known))
                raise BadLedger(_BAD.fill(name=self.name, reason=reason))

    def table(self, content: dict[str, Any], key: str) -> dict[str, Any]:
        value = content.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, Sentence("对象", "an object"))
        return value

    def choice(self, value: object, key: str, choices: tuple[str, ...]) -> str:
        if not isinstance(value, str) or value not in choices:
            listed = "、".join(choice for choice in choices if choice)
            raise self.wrong(key, Sentence("以下之一：{listed}", "one of {listed}").fill(listed=listed))
        return value

    def flag(self, value: object, key: str) -> bool:
        if not isinstance(value, bool):
            raise self.wrong(key, Sentence("true 或 false", "true or false"))
        return value

    def text(self, content: dict[str, Any], key: str) -> str:
        value = content.get(key, "")
        if not isinstance(value, str):
            raise self.wrong(key, Sentence("文字", "a text"))
        return value.strip()

    def texts(self, content: dict[str, Any], key: str) -> list[str]:
        value = content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise self.wrong(key, Sentence("文字的列表", "a list of texts"))
        return value

    def day(self, value: object) -> date | str:
        if value in {"", SAME_AS_SERVICE}:
            return str(value)
        try:
            return parse_date(str(value))
        except BadTerm as error:
            raise self.wrong("found_on", Sentence("日期或 served_on", "a day, or served_on")) from error
