"""The clauses that recur each year, read from the catalogue of duties, a profile, and what the office has set.

The profile says which rule fixes the days of the yearly reports: `2017` is the Measures themselves (until 31 March),
`2019` the stricter rules on inspecting the building of law-based government (before 1 March, published before 1 April).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from config.duties import catalogue
from states.errors import Problem, Sentence
from states.file_trouble import content_trouble
from states.obligation import Bearer, FixedDay, RecurringClause, UnitPlace, binds, is_by_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Profile = Literal["2017", "2019"]
SHIPPED: Final = Path(__file__).parent / "obligations.toml"
OWN: Final = "obligations.toml"
"""The name of the office's own file in its home; it replaces the shipped one."""
PROFILES: Final[Mapping[Profile, tuple[str, str]]] = {
    "2017": ("四川2017（3月31日前报告）", "Sichuan 2017 (report until 31 March)"),
    "2019": ("督察工作规定2019（3月1日前报告）", "Inspection rules 2019 (report before 1 March)"),
}
PUBLICATION: Final = "publication"
_DAY: Final = re.compile(r"^(<?)(\d{2})-(\d{2})$", re.ASCII)
_MOST_TIMES: Final = 366
_PUBLISHED: Final = Sentence("{title}：向社会公开", "{title}: made public")
_NO_CLAUSE: Final = Sentence("没有“{names}”这样每年的职责条款", "there is no recurring clause {names}")
_TOO_OFTEN: Final = Sentence("“{name}”不能一年{times}次", "{name} cannot be due {times} times a year")
_NO_DAY: Final = Sentence("“{written}”不是 12-31 或 <03-01 这样的日期", "“{written}” is no day such as 12-31 or <03-01")
_NO_SENSE: Final = Sentence("内容的结构不对", "its structure makes no sense")
_BAD: Final = Sentence(
    "每年职责的设定文件“{name}”不可用：{reason}。",
    "The settings of yearly obligations in {name} cannot be used: {reason}.",
)


class BadObligations(Problem):
    """The file that says what the office has set makes no sense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A column of the grid: a name, and the clauses of different heads that are about it."""

    title: Sentence
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyRules:
    """What recurs each year under one profile, and how it is applied by reference."""

    profile: Profile
    clauses: tuple[RecurringClause, ...]
    topics: tuple[Topic, ...]
    other_receivers: Mapping[str, str]
    not_for_villages: frozenset[str]

    def of(self, place: UnitPlace) -> Iterator[RecurringClause]:
        """Yield the clauses that bind a unit, with the receivers that it has."""
        by_reference = is_by_reference(place)
        for clause in self.clauses:
            if not binds(clause, place) or (place.kind == "village" and clause.id in self.not_for_villages):
                continue
            if by_reference:
                given = tuple(self.other_receivers.get(one, one) for one in clause.receivers)
                yield replace(clause, receivers=given)
            else:
                yield clause

    def clause(self, clause_id: str) -> RecurringClause | None:
        """Return the clause of this id; nothing if the rules of today know none."""
        return next((one for one in self.clauses if one.id == clause_id), None)


def read_rules(profile: Profile, home: Path | None = None) -> YearlyRules:
    """Return what recurs each year, with the office's own settings where its home has some.

    Raises:
        BadObligations: the file cannot be read, or says what no year can have.
    """
    own = home / OWN if home is not None else SHIPPED
    file = own if own.is_file() else SHIPPED
    try:
        return _rules(profile, tomllib.loads(file.read_text("utf-8")))
    except BadObligations as problem:
        raise BadObligations(_BAD.fill(name=file.name, reason=problem.sentence)) from problem
    except (OSError, ValueError) as error:
        raise BadObligations(_BAD.fill(name=file.name, reason=content_trouble(error))) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise BadObligations(_BAD.fill(name=file.name, reason=_NO_SENSE)) from error


def _rules(profile: Profile, set_: dict[str, Any]) -> YearlyRules:
    by_reference = set_.get("by_reference", {})
    return YearlyRules(
        profile=profile,
        clauses=tuple(_clauses(profile, set_)),
        topics=tuple(
            Topic(title=Sentence(topic["zh"], topic["en"]), clauses=tuple(topic["clauses"]))
            for topic in set_.get("topics", ())
        ),
        other_receivers=dict(by_reference.get("receivers", {})),
        not_for_villages=frozenset(by_reference.get("not_for_villages", ())),
    )


def _clauses(profile: Profile, set_: dict[str, Any]) -> Iterator[RecurringClause]:
    """Yield the recurring clauses in the catalogue's order, each as the profile and the office make it."""
    unused = set(set_.get("clauses", {}))
    for duty in catalogue():
        recurring = set(duty.get("recurring_clauses", ()))
        for entry in duty.get("clauses", ()):
            if entry["id"] not in recurring:
                continue
            unused.discard(entry["id"])
            clause = _clause(profile, duty, entry, set_)
            yield clause
            published = entry["recurrence"].get("publication_due")
            if profile == "2019" and published:
                yield replace(
                    clause,
                    id=f"{clause.id}-{PUBLICATION}",
                    title=_PUBLISHED.fill(title=clause.title),
                    due=_day(f"<{published['before']}"),
                    receivers=(),
                )
    if unused:
        raise BadObligations(_NO_CLAUSE.fill(names="、".join(sorted(unused))))


def _clause(
    profile: Profile, duty: Mapping[str, Any], entry: Mapping[str, Any], set_: Mapping[str, Any]
) -> RecurringClause:
    recurs: Mapping[str, Any] = entry["recurrence"]
    own: Mapping[str, Any] = set_.get("clauses", {}).get(entry["id"], {})
    stricter = recurs.get("stricter_due") if profile == "2019" else None
    office_day = str(own.get("due") or recurs.get("due") or set_["open"]["due"])
    due = f"<{stricter['before']}" if stricter else office_day
    times = int(own.get("times") or recurs.get("default_times_per_year") or set_["open"]["times"])
    if not 1 <= times <= _MOST_TIMES:
        raise BadObligations(_TOO_OFTEN.fill(name=entry["id"], times=times))
    return RecurringClause(
        id=entry["id"],
        duty=entry["id"],
        bearers=frozenset(Bearer(one) for one in duty["bearers"] if one in list(Bearer)),
        title=Sentence(entry["title_zh"], entry.get("title_en") or entry["title_zh"]),
        due=_day(due),
        times=times,
        receivers=tuple(recurs.get("recipients", ())),
        government_only="applies_to" in recurs,
        # A day of the regulation's own text, or of the stricter rules; any other is the office's practice.
        day_in_rule=bool(stricter) or ("due" not in own and recurs.get("due_basis") == "seed"),
        times_in_rule="times" not in own and recurs["frequency"] == "annual" and recurs["frequency_basis"] == "seed",
        evidence=tuple(_texts(duty.get("evidence", ()))),
        text=entry["text"],
    )


def _texts(found: Iterable[object]) -> Iterator[str]:
    yield from (one for one in found if isinstance(one, str))


def _day(written: str) -> FixedDay:
    """Read `12-31`, or `<03-01` for the days before it.

    Raises:
        BadObligations: it is no such day.
    """
    found = _DAY.match(written)
    if found is None:
        raise BadObligations(_NO_DAY.fill(written=written))
    return FixedDay(int(found[2]), int(found[3]), before=bool(found[1]))
