"""The yearly ranking (排序): computed from the history as of a day, objected to, approved by the leader, and shown.

The same year as of the same day gives the same scores for ever: what occurred later, or was entered later, does not
count, and neither does what was corrected by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from config.ranking import formula_text, parse_formula
from programme.ranking_checks import FUTURE, day_text, require_all, require_day, require_seen, require_text
from programme.ranking_figures import OWN_FORMULA, compute_rows, is_reproduced
from programme.ranking_notices import ANNOUNCED, ANSWERED, APPROVED, RETURNED, tell_office, tell_units
from programme.ranking_sight import UNIT_ROLES, names_within, shown_to
from states.command import Command
from states.errors import BadData, GuardRefused, NotFound, NotPermitted, Sentence
from states.ranking import RANKING_LIFE, RankingAct, RankingState, ranking_moved
from states.terms import due
from states.vocabulary import Act, Role
from store import organisation, rankings, turns, unit_posts
from store.visibility import is_everything

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.desk import Desk, Done
    from config.rulebook import Rulebook
    from config.settings import Settings
    from programme.ranking_figures import MoreFacts
    from programme.ranking_sight import ShownRanking
    from states.case import Actor
    from store.rankings import Ranking, RankingObjection
    from store.visibility import Reader

YEARS: Final = range(2000, 2101)

_YEAR: Final = Sentence("年度须在2000年至2100年之间。", "The year must lie between 2000 and 2100.")
_BEFORE: Final = Sentence(
    "截止日期{on}早于考核期的开始{first}。", "The day {on} is before the period begins on {first}."
)
_WINDOW: Final = Sentence(
    "异议期到{until}为止，满后才能批准。",
    "Objections may be raised until {until}; the ranking can be approved after that day.",
)
_UNANSWERED: Final = Sentence(
    "还有{n}件异议没有答复，不能批准。", "{n} objections are not answered; the ranking cannot be approved."
)
_DIFFERS: Final = Sentence(
    "重新计算与原结果不一致，不能批准：请退回后重新计算。",
    "Computing again gives another result; the ranking cannot be approved. Return it and compute it anew.",
)
_CLOSED: Final = Sentence("异议期在{since}至{until}，现在不受理异议。", "Objections were open from {since} to {until}.")
_NOT_OPEN: Final = Sentence("排序不在异议期，不受理异议。", "The ranking is not open to objections.")
_NOT_RANKED: Final = Sentence("“{unit}”不在这次排序中。", "{unit} is not in this ranking.")
_ANSWERED: Final = Sentence("这件异议已经答复。", "This objection was answered before.")
_NOT_UNIT: Final = Sentence("异议由单位的主要负责人或联络员提出。", "The unit's head or liaison raises an objection.")
_NOT_DIRECTOR: Final = Sentence("异议由督查机构负责人答复。", "The director of the office answers an objection.")
_NOT_YOURS: Final = Sentence(
    "“{unit}”不在您负责的范围内，不能由您约谈。", "{unit} is not within your territory; you do not interview it."
)


class Rankings:
    """Computes the year's ranking, and takes it to its approval."""

    def __init__(self, desk: Desk, rulebook: Rulebook, settings: Settings, more: Sequence[MoreFacts] = ()) -> None:
        """Rank by the formula in force. `more` gives further facts to be counted, such as yearly duties.

        Each is asked for the first and the last day, both inclusive, and for the moment before which what it counts
        must have been entered.
        """
        self.desk = desk
        self.database = desk.database
        self.rulebook = rulebook
        self.settings = settings
        self.more = more

    def compute(self, year: int, as_of: date, actor: Actor, now: datetime, *, reader: Reader | None = None) -> Ranking:
        """Compute the ranking of a year as of the end of a day, and keep it; the same result is not kept twice.

        A ranking that comes out otherwise takes the place of the one before, which then opens no interview.

        Raises:
            NotPermitted: this role computes no ranking, or the `reader` does not see all units.
            BadData: the year or the day makes no sense.
        """
        state = ranking_moved(None, RankingAct.COMPUTE, actor.role)
        require_all(reader)
        if year not in YEARS:
            raise BadData(_YEAR)
        today = self._today(now)
        if as_of > today:
            raise BadData(FUTURE.fill(on=day_text(as_of), today=day_text(today)))
        text, path = formula_text(self.settings.home)
        formula = parse_formula(text, path)
        if as_of < formula.period(year)[0]:
            raise BadData(_BEFORE.fill(on=day_text(as_of), first=day_text(formula.period(year)[0])))
        with self.database.transaction() as session:
            before = rankings.latest(session, year, to_change=True)
            rows = compute_rows(session, formula, year, as_of, self.settings.tz, self.more)
            if before is not None:
                same = (before.as_of, before.formula_hash, before.rows) == (as_of, formula.hash, tuple(rows))
                if same and before.is_whole:
                    return before
                rankings.move(session, before.id, RankingState.WITHDRAWN, reason="")
                self._tell_returned(session, before, now)
            if state is not RankingState.COMPUTED:
                raise AssertionError(state)
            return rankings.add(session, year, as_of, rows, (text, formula.hash), actor.user, now)

    def announce(  # which year, when, by whom, who sees what, and which one was looked at
        self,
        year: int,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        reader: Reader | None = None,
        seen: int | None = None,
    ) -> Ranking:
        """Send the ranking to the units: from this day they may object, for as long as the formula says.

        Head and liaison of each ranked unit are told in the same commit, each of its own place and parts alone.

        Raises:
            NotFound: the year has no ranking.
            NoSuchAct: it was sent before.
            NotPermitted: this role does not send it, or the `reader` does not see all units.
            Conflict: it is not the ranking that was `seen`, by its id.
            BadData: the day is in the future, or before the day as of which it was computed.
        """
        with self.database.transaction() as session:
            found = rankings.get(session, year, to_change=True)
            state = ranking_moved(found.state, RankingAct.ANNOUNCE, actor.role)
            require_seen(found, reader, seen)
            require_day(on, found.as_of, self._today(now))
            formula = parse_formula(found.formula, OWN_FORMULA)
            until = due(on, formula.objection, self.rulebook.calendar).due_on
            tell_units(session, found, ANNOUNCED, now, until=until)
            return rankings.move(session, found.id, state, announced_on=on, objections_until=until)

    def object_to(
        self, year: int, unit: str, text: str, on: date, actor: Actor, now: datetime, *, once: bool = False
    ) -> RankingObjection:
        """Write down what a unit says against its score.

        `once`: the same of the same person and day that waits is given back, so that a form that is sent twice is one.

        Raises:
            NotFound: the year has no ranking.
            NotPermitted: this role does not object, or not for this unit.
            BadData: it says nothing, or the unit is not ranked.
            GuardRefused: objections are not open on this day.
        """
        if actor.role not in UNIT_ROLES or (actor.unit and actor.unit != unit):
            raise NotPermitted(_NOT_UNIT)
        require_text(text)
        with self.database.transaction() as session:
            found = rankings.get(session, year, to_change=True)
            require_day(on, found.as_of, self._today(now))
            if (
                found.state is not RankingState.ANNOUNCED
                or found.announced_on is None
                or found.objections_until is None
            ):
                raise GuardRefused(_NOT_OPEN)
            if not found.announced_on <= on <= found.objections_until:
                raise GuardRefused(
                    _CLOSED.fill(since=day_text(found.announced_on), until=day_text(found.objections_until))
                )
            if unit not in {row.unit for row in found.rows}:
                raise BadData(_NOT_RANKED.fill(unit=unit))
            if once:
                turns.wait_for_own(session, actor.user)
                said = (text.strip(), on, actor.user)
                for same in rankings.objections(session, found.id, unit):
                    if same.answered_on is None and (same.text, same.raised_on, same.raised_by) == said:
                        return same
            made = rankings.object_to(session, found.id, unit, text.strip(), on, actor.user)
            tell_office(session, found, made.id, now)
            return made

    def answer(  # which, what, when, by whom, and within whose sight
        self,
        year: int,
        objection_id: int,
        text: str,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        accepted: bool,
        reader: Reader | None = None,
    ) -> RankingObjection:
        """Answer an objection. What an accepted one changes is entered where it happened, and the year computed anew.

        Raises:
            NotFound: there is no such ranking or objection, or it is of a unit that the `reader` does not see.
            NotPermitted: this role does not answer.
            BadData: the answer says nothing.
            GuardRefused: it was answered before.
        """
        if actor.role is not Role.DIRECTOR:
            raise NotPermitted(_NOT_DIRECTOR)
        require_text(text)
        with self.database.transaction() as session:
            found = rankings.get(session, year, to_change=True)
            require_day(on, found.as_of, self._today(now))
            known = {one.id: one for one in rankings.objections(session, found.id)}
            within = names_within(session, reader.territory) if reader is not None else None
            if objection_id not in known or (within is not None and known[objection_id].unit not in within):
                raise NotFound(rankings.NO_OBJECTION.fill(id=objection_id))
            if known[objection_id].answered_on is not None:
                raise GuardRefused(_ANSWERED)
            done = rankings.answer(session, found.id, objection_id, text.strip(), on, actor.user, accepted=accepted)
            tell_units(session, found, ANSWERED, now, units=(done.unit,), place=done.id)
            return done

    def approve(  # which year, when, by whom, who sees what, and which one was looked at
        self,
        year: int,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        reader: Reader | None = None,
        seen: int | None = None,
    ) -> Ranking:
        """Approve the ranking, after it was computed once more with the same result.

        Raises:
            NotFound: the year has no ranking.
            NoSuchAct: it was not sent to the units, or was approved before.
            NotPermitted: only the leader approves, who sees all units if the `reader` is given.
            Conflict: it is not the ranking that was `seen`, by its id.
            GuardRefused: objections are still open or not answered, or computing again gives another result.
        """
        with self.database.transaction() as session:
            found = rankings.get(session, year, to_change=True)
            state = ranking_moved(found.state, RankingAct.APPROVE, actor.role)
            require_seen(found, reader, seen)
            require_day(on, found.announced_on or found.as_of, self._today(now))
            if found.objections_until is not None and on <= found.objections_until:
                raise GuardRefused(_WINDOW.fill(until=day_text(found.objections_until)))
            unanswered = sum(one.answered_on is None for one in rankings.objections(session, found.id))
            if unanswered:
                raise GuardRefused(_UNANSWERED.fill(n=unanswered))
            if not is_reproduced(session, found, self.settings.tz, self.more):
                raise GuardRefused(_DIFFERS)
            tell_units(session, found, APPROVED, now)
            return rankings.move(session, found.id, state, decided_on=on, decided_by=actor.user)

    def withdraw(  # which year, why, when, by whom, who sees what, and which one was looked at
        self,
        year: int,
        reason: str,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        reader: Reader | None = None,
        seen: int | None = None,
    ) -> Ranking:
        """Return the ranking, with the reason; it opens no interview from now on.

        Raises:
            NotFound: the year has no ranking.
            NotPermitted: this role does not return it, or the `reader` does not see all units.
            Conflict: it is not the ranking that was `seen`, by its id.
            BadData: no reason is given.
        """
        require_text(reason)
        with self.database.transaction() as session:
            found = rankings.get(session, year, to_change=True)
            state = ranking_moved(found.state, RankingAct.WITHDRAW, actor.role)
            require_seen(found, reader, seen)
            require_day(on, found.as_of, self._today(now))
            self._tell_returned(session, found, now)
            return rankings.move(session, found.id, state, decided_on=on, decided_by=actor.user, reason=reason.strip())

    def interview(
        self, data: Mapping[str, str], on: date, actor: Actor, now: datetime, *, reader: Reader | None = None
    ) -> Done:
        """Start the interview of one of the last: open its case. `data` names unit, post and the approved document.

        Raises:
            NotPermitted: only the leader does, and only to a unit that the `reader` watches over.
            GuardRefused: no approved ranking lets this unit be interviewed.
            BadData: a field is missing.
        """
        if reader is not None and reader.territory:
            with self.database.reading() as session:
                within = names_within(session, reader.territory)
            if within is not None and data.get("unit", "").strip() not in within:
                raise NotPermitted(_NOT_YOURS.fill(unit=data.get("unit", "")))
        return self.desk.open(Command(act=Act.START_RANKING_INTERVIEW, actor=actor, on=on, data=data), now)

    def show(self, year: int, reader: Reader | None = None) -> ShownRanking:
        """Return the ranking of a year, as this reader may see it; None is the console of the machine, which sees all.

        Units see nothing before it was sent to them, their own score until it is approved, and then all places, with
        the parts of their own alone. A supervising person sees the units of his or her territory.

        Raises:
            NotFound: there is none, or none that this reader may see.
            NotPermitted: this role sees no ranking.
        """
        with self.database.reading() as session:
            return shown_to(session, year, reader)

    def open_to(self, reader: Reader, on: date) -> list[Ranking]:
        """Return the rankings to which the reader's own unit may object on this day, the latest year first."""
        if reader.role not in UNIT_ROLES or not reader.unit_id:
            return []
        with self.database.reading() as session:
            own = organisation.unit_by_id(session, reader.unit_id).name
            return [
                one
                for one in rankings.announced(session)
                if one.objections_until is not None
                and on <= one.objections_until
                and own in {row.unit for row in one.rows}
            ]

    def waiting(self, actor: Actor, reader: Reader) -> list[Ranking]:
        """Return the rankings that wait for this person's approval; none for whoever approves none."""
        if not is_everything(reader) or not RANKING_LIFE.may(RankingState.ANNOUNCED, RankingAct.APPROVE, actor.role):
            return []
        with self.database.reading() as session:
            return rankings.announced(session)

    def heads(self, unit: str) -> list[str]:
        """Return the names of the posts that answer for a unit."""
        with self.database.reading() as session:
            return unit_posts.head_posts(session, unit)

    def years(self) -> list[int]:
        """Return the years that have a ranking, the latest first."""
        with self.database.reading() as session:
            return rankings.years(session)

    def _tell_returned(self, session: Session, found: Ranking, now: datetime) -> None:
        """Tell the units that what was sent to them does not hold any more; nobody else had heard of it."""
        if found.state in (RankingState.ANNOUNCED, RankingState.APPROVED):
            tell_units(session, found, RETURNED, now)

    def _today(self, now: datetime) -> date:
        return now.astimezone(self.settings.tz).date()
