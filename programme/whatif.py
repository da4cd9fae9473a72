"""What-if: a period of the office's work under another policy, case by case. It writes nothing.

Every case that lived in the period is decided again from its opening, as if the draft had been in force all its life;
what then lies in the period is set beside what the history has. Each case is decided again by its own policies as well:
where that does not give the history itself, as in histories of old releases, it is what the draft is set beside, and
the result says so.

Source: ADR 0047.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from programme.comparing import FIGURES, ComparedCourses, CourseDifference, WhatIfPeriod, compared
from programme.redeciding import decided_again, recorded_course
from programme.stretches import RulesOfHistory
from states.errors import BadData, Sentence
from states.terms import date_text
from states.vocabulary import State
from store import cases, periods, rulebooks, unit_posts
from store.visibility import reader_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from sqlalchemy.orm import Session

    from config.rulebook import Rulebook
    from notifications.plan import Notice
    from programme.redeciding import DecidedCourse
    from states.policy import Policy
    from store.accounts import Person
    from store.cases import Stored
    from store.database import Database
    from store.events import Recorded
    from store.unit_posts import Posts
    from store.visibility import Reader

BATCH: Final = 50
"""How many cases are held in memory at once."""
LONGEST_PERIOD: Final = 366 * 5
LARGEST_DRAFT: Final = 1 << 18
"""How many bytes a draft may have; the policies of the product have a thirtieth of it."""
_BACKWARDS: Final = Sentence(
    "起始日期{first}晚于截止日期{last}，请对调。", "The period begins on {first} and ends before, on {last}."
)
_TOO_LONG: Final = Sentence(
    "一次最多试算五年，请缩短起止日期。", "At most five years at once; choose a shorter period."
)
_AHEAD: Final = Sentence(
    "起始日期{first}在将来，还没有记录可以试算。", "The period begins on {first}, which is still to come."
)
_TOO_LARGE: Final = Sentence(
    "草案超过256 KiB，不是政策文件。", "The draft is larger than 256 KiB; it is no policy file."
)
_NOT_TEXT: Final = Sentence("草案不是 UTF-8 文本。", "The draft is not UTF-8 text.")


def draft_of(content: bytes, name: str) -> Policy:
    """Return the policy that somebody proposes as a file or as pasted text.

    Raises:
        BadData: it is too large, or no text.
        BadPolicy: it is no policy; the sentence says where it goes wrong.
    """
    from config.policy import parse_policy  # noqa: PLC0415  # the strict reader takes long to load

    if len(content) > LARGEST_DRAFT:
        raise BadData(_TOO_LARGE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadData(_NOT_TEXT) from error
    return parse_policy(text, Path(name))


@dataclass(frozen=True, slots=True)
class ComparedCase:
    """One case under both policies. `as_recorded`: by its own policies it comes out exactly as its history has it.

    Otherwise the draft is set beside what its own policies make of it now, and not beside the history.
    """

    id: int
    number: str
    unit: str
    differences: tuple[CourseDifference, ...]
    old: Counter[str]
    new: Counter[str]
    as_recorded: bool


@dataclass(slots=True)
class WhatIfTotals:
    """What the comparison of all cases comes to. `later` and `earlier` count the due days that moved."""

    cases: int = 0
    changed: int = 0
    not_as_recorded: int = 0
    later: int = 0
    earlier: int = 0
    refused: int = 0
    differences: int = 0
    old: Counter[str] = field(default_factory=Counter)
    new: Counter[str] = field(default_factory=Counter)

    def add(self, case: ComparedCase) -> None:
        """Count one more case."""
        self.cases += 1
        self.changed += bool(case.differences)
        self.not_as_recorded += not case.as_recorded
        self.differences += len(case.differences)
        self.old += case.old
        self.new += case.new
        for difference in case.differences:
            self.refused += difference.reason is not None
            self.later += difference.moved_days > 0
            self.earlier += difference.moved_days < 0

    def figures(self) -> list[tuple[str, int, int]]:
        """Return what is counted on both sides: its word, the number in the history, the number under the draft."""
        return [(word, self.old[word], self.new[word]) for word in FIGURES]


class WhatIf:
    """Sets the recorded past of the office beside what another policy would have made of it."""

    def __init__(self, database: Database, rulebook: Rulebook) -> None:
        """Read from this database; the rulebook knows every policy and calendar that a case went by."""
        self.database = database
        self.rulebook = rulebook

    def number_of(self, period: WhatIfPeriod, now: datetime, person: Person | None = None) -> int:
        """Return how many cases lived in the period, within the person's sight; of all without a person."""
        first, until = self._moments(period, now)
        with self.database.reading(unhurried=True) as session:
            return periods.number_of_period(session, first, self._day(until), _reader(person))

    def cases(
        self, draft: Policy, period: WhatIfPeriod, now: datetime, person: Person | None = None
    ) -> Iterator[ComparedCase]:
        """Yield every case that lived in the period, in the order of ids, as it was and as the draft would have it.

        With a person, only what he or she may see, and nothing of what was handed over: reading that is written down
        (`states.case.is_restricted_for`), and here nothing is written. A period that is not over ends now.
        Each batch is read in one view of the database; stopping anywhere is harmless.

        Raises:
            BadData: the period is backwards, longer than five years, or still to come.
        """
        first, until = self._moments(period, now)
        after = 0
        while True:
            with self.database.reading(unhurried=True) as session:
                ids = periods.ids_of_period(session, first, self._day(until), _reader(person), after=after, limit=BATCH)
                if not ids:
                    return
                found = list(self._batch(session, ids, draft, period, until, sealed=person is not None))
            yield from found
            after = ids[-1]

    def _batch(
        self, session: Session, ids: list[int], draft: Policy, period: WhatIfPeriod, until: datetime, *, sealed: bool
    ) -> Iterator[ComparedCase]:
        known = cases.many(session, ids)
        posts = unit_posts.posts_of(session, {item.unit_id for item in known.values()}, unit_posts.office_id(session))
        rules = self._rules(session)
        histories = periods.histories(session, ids)
        for id_ in ids:
            history = [recorded for recorded in histories[id_] if recorded.event.recorded_at <= until]
            if history and not (sealed and known[id_].case.state is State.TRANSFERRED):
                yield _compared(known[id_], history, rules, draft, posts, period, until)

    def _rules(self, session: Session) -> RulesOfHistory:
        calendar_of = self.rulebook.calendar_of
        return RulesOfHistory(
            policy_of=lambda hash_: self.rulebook.policy_of(session, hash_),
            calendar_of=lambda hash_: calendar_of(session, hash_),
            calendars=[(since, calendar_of(session, hash_)) for since, hash_ in rulebooks.calendars_in_order(session)],
            zone=self.rulebook.zone,
        )

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.rulebook.zone).date()

    def _moments(self, period: WhatIfPeriod, now: datetime) -> tuple[datetime, datetime]:
        """Return when the period begins, and its last moment: the end of its last day, or now."""
        words = {"first": _words(period.first), "last": _words(period.last)}
        if period.first > period.last:
            raise BadData(_BACKWARDS.fill(**words))
        if period.first > self._day(now):
            raise BadData(_AHEAD.fill(**words))
        if (period.last - period.first).days > LONGEST_PERIOD:
            raise BadData(_TOO_LONG)
        first = datetime.combine(period.first, time.min, self.rulebook.zone)
        end = datetime.combine(period.last, time.min, self.rulebook.zone) + timedelta(days=1, microseconds=-1)
        return first, min(end, now)


def _words(on: date) -> Sentence:
    return Sentence(date_text(on), date_text(on, "en"))


def _reader(person: Person | None) -> Reader | None:
    return reader_of(person) if person is not None else None


def _compared(  # one case with all that is known of it
    stored: Stored,
    history: list[Recorded],
    rules: RulesOfHistory,
    draft: Policy,
    posts: Posts,
    period: WhatIfPeriod,
    until: datetime,
) -> ComparedCase:
    events = [recorded.event for recorded in history]
    case = stored.case
    audience = _audience(stored, posts)

    def beside(left: DecidedCourse, right: DecidedCourse) -> ComparedCourses:
        return compared(left, right, policy_of, audience, period)

    def policy_of(hash_: str) -> Policy:
        return draft if hash_ == draft.hash else rules.policy_of(hash_)

    was, again = recorded_course(events), decided_again(events, rules, until)
    as_recorded = not beside(was, again).differences
    # What older releases decided by rules of theirs must not look like the draft's making.
    other = beside(was if as_recorded else again, decided_again(events, rules, until, draft))
    return ComparedCase(
        id=case.id,
        number=case.number,
        unit=case.unit,
        differences=other.differences,
        old=other.old,
        new=other.new,
        as_recorded=as_recorded,
    )


def _audience(stored: Stored, posts: Posts) -> Callable[[Notice], int]:
    """Return what says to how many posts a notice of the case goes, as the posts stand now."""

    def told(notice: Notice) -> int:
        return len({post for party in notice.parties for post in posts.of(party, stored.unit_id, stored.post_id)})

    return told
