"""Commendations (表扬): proposed by the office, given by the leader, filed with the head, counted in the ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from documents.commending import give, require_day
from states.commendation import COMMENDATION_LIFE, CommendationAct, CommendationState, commendation_moved
from states.errors import BadData, Conflict, NotFound, Sentence
from states.names import is_plain_name
from states.official_document import Status
from states.secrecy import refuse_secrets
from states.vocabulary import Role
from store import commendations, official_documents, organisation, outbox_messages, turns, unit_posts
from store.official_documents import Owner
from store.visibility import watches

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime, tzinfo

    from states.case import Actor
    from store.commendations import Commendation
    from store.database import Database
    from store.visibility import Reader

LONGEST: Final = 2000
READERS: Final = frozenset({Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR})
"""Who reads all commendations; what was given stands in the file of the head besides."""
_NONE: Final = Sentence("没有编号为{id}的表扬。", "There is no commendation {id}.")
_NO_UNIT: Final = Sentence("没有名为“{name}”的单位，请先添加。", "There is no unit “{name}”; add it first.")
_NO_TEXT: Final = Sentence("请写明事由（不超过{most}字）。", "Say for what, in {most} characters at most.")
_NO_REASON: Final = Sentence("不予表扬须写明理由。", "Say why it is refused.")
_NO_NUMBER: Final = Sentence("请写明表扬文件的文号。", "Give the number of the document that commends.")
_ON_ITS_WAY: Final = Sentence(
    "表扬通报已经签发（{number}）；印发即为批准，请印发，或者作废以后再办理。",
    "The circular was signed ({number}): issue it, which gives the commendation, or make it void first.",
)


class OpenCommendation(NamedTuple):
    """A commendation as one person looks at it: `told` are the notice, unit and post, when owed and when sent."""

    found: Commendation
    told: tuple[tuple[str, str, str, datetime, datetime | None], ...]


class Commendations:
    """Proposes commendations, and lets the leader decide on them."""

    def __init__(self, database: Database, zone: tzinfo) -> None:
        """Keep the commendations of this database; days are those of the zone."""
        self.database = database
        self.zone = zone

    def propose(  # whom, for what, on which day, by whom, within whose sight
        self,
        unit: str,
        post: str,
        text: str,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        reader: Reader | None = None,
        once: bool = False,
    ) -> Commendation:
        """Propose to commend a unit, or a post in it; `post` is empty for the unit as such.

        With a `reader`, units outside his or her territory are not there. `once`: the same proposal of the same person
        and day that still waits is given back, so that a form that is sent twice proposes once.

        Raises:
            NotPermitted: this role proposes none.
            NotFound: there is no such unit or post.
            BadData: it says nothing, bears the mark of a state secret, or the day is in the future.
        """
        commendation_moved(None, CommendationAct.PROPOSE, actor.role)
        self._require(text, _NO_TEXT)
        require_day(on, on, now.astimezone(self.zone).date())
        with self.database.transaction() as session:
            found = organisation.unit_by_name(session, unit)
            if reader is not None and not watches(session, reader, found.id):
                raise NotFound(_NO_UNIT.fill(name=unit))
            if post:
                unit_posts.find_post(session, unit, post)
            if once:
                turns.wait_for_own(session, actor.user)
                said = (post, text.strip(), on, actor.user)
                for same in commendations.listed(session, unit=unit, state=CommendationState.PROPOSED):
                    if (same.post, same.text, same.proposed_on, same.proposed_by) == said:
                        return same
            return commendations.add(session, unit, post, text.strip(), on, actor.user, now)

    def commend(self, commendation_id: int, number: str, on: date, actor: Actor, now: datetime) -> Commendation:
        """Approve a commendation under the number of a paper that was written outside (older practice, imports).

        A circular that is drawn up here gives it by its issue (`documents.issuing`).

        Raises:
            NotFound: there is none of this number.
            NoSuchAct: it was decided before.
            NotPermitted: only the leader commends.
            BadData: no document is named, or the day is before the proposal or in the future.
            Conflict: its circular was signed already.
        """
        self._require(number, _NO_NUMBER)
        if not is_plain_name(number):
            raise BadData(_NO_NUMBER)
        today = now.astimezone(self.zone).date()
        with self.database.transaction() as session:
            found = commendations.get(session, commendation_id)
            commendation_moved(found.state, CommendationAct.COMMEND, actor.role)
            owner = Owner(commendation_id=commendation_id)
            for kept in official_documents.listed(session, owner=owner, status=Status.SIGNED):
                raise Conflict(_ON_ITS_WAY.fill(number=kept.number))
            return give(session, found, number.strip(), on, actor.user, actor.role, now, today)

    def refuse(self, commendation_id: int, reason: str, on: date, actor: Actor, now: datetime) -> Commendation:
        """Refuse a commendation, with the reason.

        Raises:
            NotFound: there is none of this number.
            NoSuchAct: it was decided before.
            NotPermitted: only the leader refuses.
            BadData: no reason is given.
        """
        self._require(reason, _NO_REASON)
        with self.database.transaction() as session:
            found = commendations.get(session, commendation_id)
            state = commendation_moved(found.state, CommendationAct.REFUSE, actor.role)
            require_day(on, found.proposed_on, now.astimezone(self.zone).date())
            return commendations.decide(
                session, commendation_id, state, on, actor.user, now, number="", reason=reason.strip()
            )

    def listed(self, *, unit: str = "", state: CommendationState | None = None) -> list[Commendation]:
        """Return the commendations, of one unit or in one state, by their numbers."""
        with self.database.reading() as session:
            return commendations.listed(session, unit=unit, state=state)

    def seen(self, reader: Reader) -> list[Commendation]:
        """Return the commendations that this person may see, by their numbers (`store.commendations.seen`)."""
        with self.database.reading() as session:
            return commendations.seen(session, reader)

    def open(self, commendation_id: int, reader: Reader) -> OpenCommendation:
        """Return one commendation with its documents and with who was told of it.

        Raises:
            NotFound: there is none, as far as this person is concerned.
        """
        with self.database.reading() as session:
            found = commendations.seen(session, reader, commendation_id)
            if not found:
                raise NotFound(_NONE.fill(id=commendation_id))
            told = outbox_messages.told_about(session, f"commendations/{commendation_id}")
            return OpenCommendation(found[0], tuple(told) if reader.role in READERS else ())

    def waiting(self, actor: Actor, reader: Reader) -> list[Commendation]:
        """Return the commendations that wait for this person; none for whoever gives none."""
        if not COMMENDATION_LIFE.may(CommendationState.PROPOSED, CommendationAct.COMMEND, actor.role):
            return []
        return [one for one in self.seen(reader) if one.state is CommendationState.PROPOSED]

    def given(self, unit: str, until: date, *, post: str = "", since: date | None = None) -> Sequence[Commendation]:
        """Return what the unit, or one post of it, was commended for from `since` until `until`, both inclusive."""
        with self.database.reading() as session:
            return commendations.given(session, unit, until, post=post, since=since)

    def _require(self, text: str, missing: Sentence) -> None:
        if not text.strip() or len(text) > LONGEST:
            raise BadData(missing.fill(most=LONGEST))
        refuse_secrets(text)
