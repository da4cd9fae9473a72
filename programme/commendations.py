"""Commendations (表扬): proposed by the office, given by the leader, filed with the head, counted in the ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.commendation import COMMENDATION_LIFE, CommendationAct, CommendationState, commendation_moved
from states.errors import BadData, Sentence
from states.secrecy import refuse_secrets
from states.terms import date_text
from states.vocabulary import Role
from store import commendations, organisation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, tzinfo

    from sqlalchemy.orm import Session

    from states.case import Actor
    from store.commendations import Commendation
    from store.database import Database

LONGEST: Final = 2000
READERS: Final = frozenset({Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR})
"""Who reads all commendations; what was given stands in the file of the head besides."""
_NO_TEXT: Final = Sentence("请写明事由（不超过{most}字）。", "Say for what, in {most} characters at most.")
_NO_REASON: Final = Sentence("不予表扬须写明理由。", "Say why it is refused.")
_NO_NUMBER: Final = Sentence("请写明表扬文件的文号。", "Give the number of the document that commends.")
_DAY: Final = Sentence("日期{on}不对：须在{since}至{today}之间。", "The day {on} must lie between {since} and {today}.")


def commendations_of(session: Session, unit: str, until: date, *, post: str = "") -> list[Commendation]:
    """Return what a unit, or one post of it, was commended for until a day, inclusive, the earliest proposal first."""
    return commendations.given(session, unit, until, post=post)


class Commendations:
    """Proposes commendations, and lets the leader decide on them."""

    def __init__(self, database: Database, zone: tzinfo) -> None:
        """Keep the commendations of this database; days are those of the zone."""
        self.database = database
        self.zone = zone

    def propose(self, unit: str, post: str, text: str, on: date, actor: Actor, now: datetime) -> Commendation:
        """Propose to commend a unit, or a post in it; `post` is empty for the unit as such.

        Raises:
            NotPermitted: this role proposes none.
            NotFound: there is no such unit or post.
            BadData: it says nothing, bears the mark of a state secret, or the day is in the future.
        """
        commendation_moved(None, CommendationAct.PROPOSE, actor.role)
        self._require(text, _NO_TEXT)
        self._require_day(on, on, now)
        with self.database.transaction() as session:
            organisation.unit_by_name(session, unit)
            if post:
                organisation.find_post(session, unit, post)
            return commendations.add(session, unit, post, text.strip(), on, actor.user, now)

    def commend(self, commendation_id: int, number: str, on: date, actor: Actor, now: datetime) -> Commendation:
        """Approve a commendation, under the number of the document that gives it.

        Raises:
            NotFound: there is none of this number.
            NoSuchAct: it was decided before.
            NotPermitted: only the leader commends.
            BadData: no document is named, or the day is before the proposal or in the future.
        """
        self._require(number, _NO_NUMBER)
        return self._decide(commendation_id, CommendationAct.COMMEND, on, actor, now, number=number.strip())

    def refuse(self, commendation_id: int, reason: str, on: date, actor: Actor, now: datetime) -> Commendation:
        """Refuse a commendation, with the reason.

        Raises:
            NotFound: there is none of this number.
            NoSuchAct: it was decided before.
            NotPermitted: only the leader refuses.
            BadData: no reason is given.
        """
        self._require(reason, _NO_REASON)
        return self._decide(commendation_id, CommendationAct.REFUSE, on, actor, now, reason=reason.strip())

    def listed(self, *, unit: str = "", state: CommendationState | None = None) -> list[Commendation]:
        """Return the commendations, of one unit or in one state, by their numbers."""
        with self.database.reading() as session:
            return commendations.listed(session, unit=unit, state=state)

    def waiting(self, actor: Actor) -> list[Commendation]:
        """Return the commendations that wait for this person; none for whoever gives none."""
        if not COMMENDATION_LIFE.may(CommendationState.PROPOSED, CommendationAct.COMMEND, actor.role):
            return []
        return self.listed(state=CommendationState.PROPOSED)

    def given(self, unit: str, until: date, *, post: str = "", since: date | None = None) -> Sequence[Commendation]:
        """Return what the unit, or one post of it, was commended for from `since` until `until`, both inclusive."""
        with self.database.reading() as session:
            return commendations.given(session, unit, until, post=post, since=since)

    def _decide(
        self,
        commendation_id: int,
        act: CommendationAct,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        number: str = "",
        reason: str = "",
    ) -> Commendation:
        with self.database.transaction() as session:
            found = commendations.get(session, commendation_id)
            state = commendation_moved(found.state, act, actor.role)
            self._require_day(on, found.proposed_on, now)
            return commendations.decide(
                session, commendation_id, state, on, actor.user, now, number=number, reason=reason
            )

    def _require_day(self, on: date, since: date, now: datetime) -> None:
        today = now.astimezone(self.zone).date()
        if not since <= on <= today:
            said = {key: _day(value) for key, value in (("on", on), ("since", since), ("today", today))}
            raise BadData(_DAY.fill(**said))

    def _require(self, text: str, missing: Sentence) -> None:
        if not text.strip() or len(text) > LONGEST:
            raise BadData(missing.fill(most=LONGEST))
        refuse_secrets(text)


def _day(on: date) -> Sentence:
    return Sentence(date_text(on, "zh-CN"), date_text(on, "en"))
