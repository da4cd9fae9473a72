"""Formulas of the yearly ranking: TOML files, read strictly. What a formula may measure is a closed set."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.shapes import shape_trouble
from states.errors import BadPolicy, BadTerm, Sentence
from states.file_trouble import content_trouble
from states.ranking import CENT, MEASURES, Measure, MeasureRule, RankedGroup, RankingFormula, ScorePart
from states.sealing import canonical
from states.terms import Term, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER: Final = Path(__file__).parent / "rankings"
DEFAULT: Final = "sichuan-2017"
OWN: Final = "ranking.toml"
"""The office's own formula, in its home."""
MOST_BYTES: Final = 100_000
_MOST_POINTS: Final = Decimal(1000)
_FORBIDDEN: Final = re.compile(r"log_?in|sign_?in|visit|reply|answer_?(time|speed)|speed|read_|online", re.IGNORECASE)

_BAD: Final = Sentence("排序公式 {path} 的 {key} 有误：{reason}", "The ranking formula {path}, {key}: {reason}")
_UNKNOWN: Final = Sentence(
    "没有“{measure}”这一项；可用：{known}。", "there is no measure “{measure}”; there are: {known}."
)
_NOT_ALLOWED: Final = Sentence(
    "“{measure}”不得作为排序依据：登录次数、回复快慢属于“指尖上的形式主义”，请改用督查和整改的结果。",
    "“{measure}” may not be ranked by: log-ins and the speed of answers say nothing of the rule of law; use results.",
)
_NOT_CENTS: Final = Sentence("分值须为两位以内小数。", "points have two decimals at most.")
_BOUNDS: Final = Sentence("下限、满分、上限须依次不减。", "least, full and most must not fall.")
_TWICE: Final = Sentence("重复出现：{what}。", "stands twice: {what}.")
_DAY: Final = Sentence("须写成“12-31”这样的月和日。", "must be a month and a day, such as 12-31.")
_WORKING: Final = Sentence("异议期须以工作日计，例如 5wd。", "must be in working days, such as 5wd.")
_TOO_LARGE: Final = Sentence("文件过大（最多{most}字节）。", "the file is too large ({most} bytes at most).")
_UNREADABLE: Final = Sentence("读不出文件（{why}）。", "the file cannot be read ({why}).")
_WRONG: Final = Sentence("{why}。", "{why}.")


class _OfFormula(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_OfFormula):
    measure: str
    points: Decimal = Field(ge=-_MOST_POINTS, le=_MOST_POINTS)


class _FormulaPart(_OfFormula):
    key: str = Field(pattern=r"^[a-z]+$")
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    full: Decimal = Field(ge=-_MOST_POINTS, le=_MOST_POINTS)
    least: Decimal = Field(ge=-_MOST_POINTS, le=_MOST_POINTS)
    most: Decimal = Field(ge=-_MOST_POINTS, le=_MOST_POINTS)
    rules: list[_Rule]


class _Group(_OfFormula):
    key: str = Field(pattern=r"^[a-z]+$")
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    kinds: list[str] = Field(min_length=1)


class _FormulaFile(_OfFormula):
    title: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    period_ends: str
    bottom: int = Field(ge=0, le=50)
    minimum_cases: int = Field(ge=0, le=1000)
    objection: str
    groups: list[_Group] = Field(min_length=1)
    parts: list[_FormulaPart] = Field(min_length=1)


def formula_text(home: Path) -> tuple[str, Path]:
    """Return the formula that this installation ranks by, and its file: its own, else the shipped one.

    Raises:
        BadPolicy: the file cannot be read, or is too large.
    """
    own = home / OWN
    path = own if own.is_file() else FOLDER / f"{DEFAULT}.toml"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _bad(path, "—", _TOO_LARGE.fill(most=MOST_BYTES))
        return path.read_text("utf-8"), path
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, "—", _UNREADABLE.fill(why=content_trouble(error))) from error


def parse_formula(text: str, path: Path) -> RankingFormula:
    """Return the formula in `text`; `path` is only for the sentences. A float such as 0.1 is read as it is written.

    Raises:
        BadPolicy: it is not TOML, has a key or a measure that is not known, or makes no sense.
    """
    try:
        file = _FormulaFile.model_validate(tomllib.loads(text, parse_float=Decimal))
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, "—", _WRONG.fill(why=content_trouble(error))) from error
    except ValidationError as error:
        key, why = shape_trouble(error.errors())
        raise _bad(path, key, _WRONG.fill(why=why)) from error
    _unique([part.key for part in file.parts], path, "parts")
    _unique([group.key for group in file.groups], path, "groups")
    _unique([kind for group in file.groups for kind in group.kinds], path, "groups.kinds")
    return RankingFormula(
        title=Sentence(file.title, file.title_en),
        period_ends=_day(file.period_ends, path),
        bottom=file.bottom,
        minimum_cases=file.minimum_cases,
        objection=_objection(file.objection, path),
        groups=tuple(
            RankedGroup(group.key, Sentence(group.title, group.title_en), frozenset(group.kinds))
            for group in file.groups
        ),
        parts=tuple(_part(part, path) for part in file.parts),
        hash=sha256(canonical(_plain(file.model_dump())).encode()).hexdigest(),
    )


def _part(part: _FormulaPart, path: Path) -> ScorePart:
    where = f"parts.{part.key}"
    _unique([rule.measure for rule in part.rules], path, where)
    if not part.least <= part.full <= part.most:
        raise _bad(path, where, _BOUNDS)
    figures = (part.full, part.least, part.most, *(rule.points for rule in part.rules))
    if any(figure != figure.quantize(CENT) for figure in figures):
        raise _bad(path, where, _NOT_CENTS)
    rules = tuple(MeasureRule(_measure(rule.measure, path, where), rule.points) for rule in part.rules)
    return ScorePart(part.key, Sentence(part.title, part.title_en), part.full, part.least, part.most, rules)


def _measure(word: str, path: Path, where: str) -> Measure:
    try:
        return Measure(word)
    except ValueError:
        if _FORBIDDEN.search(word):
            raise _bad(path, where, _NOT_ALLOWED.fill(measure=word)) from None
        known = "、".join(f"{measure.value}（{MEASURES[measure][0]}）" for measure in Measure)
        raise _bad(path, where, _UNKNOWN.fill(measure=word, known=known)) from None


def _day(text: str, path: Path) -> tuple[int, int]:
    found = re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|1\d|2\d|3[01])", text)
    if found is None or text in {"02-29", "02-30", "02-31", "04-31", "06-31", "09-31", "11-31"}:
        raise _bad(path, "period_ends", _DAY)
    return int(found[1]), int(found[2])


def _objection(text: str, path: Path) -> Term:
    try:
        term = Term.parse(text)
    except BadTerm as error:
        raise _bad(path, "objection", error.sentence) from error
    if term.unit is not Unit.WORKING_DAY:
        raise _bad(path, "objection", _WORKING)
    return term


def _unique(words: Sequence[str], path: Path, where: str) -> None:
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise _bad(path, where, _TWICE.fill(what="、".join(twice)))


def _plain(value: Any) -> Any:  # noqa: ANN401  # walks any value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value.normalize()) if isinstance(value, Decimal) else value


def _bad(path: Path, key: str, reason: Sentence) -> BadPolicy:
    return BadPolicy(_BAD.fill(path=path.name, key=key, reason=reason))
