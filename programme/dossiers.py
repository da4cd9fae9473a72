"""The files of heads (法治档案): read for any day that has passed, and handed out, each time with an entry in the log.

Source: docs/domain.md §2.7 (who may see what), ADR 0048.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from notifications.signatures import TO_BE_SIGNED
from programme.answer_cache import AnswerCache
from programme.case_course import Course, course_until
from programme.dossier import (
    GROUNDLESS,
    PERSONAL_WORK,
    Dossier,
    FiledTold,
    Handover,
    evidence_of,
    filed_case,
    interviews_of,
    matter,
)
from programme.rooms import YearRooms
from states.errors import BadData, NotFound, NotPermitted, Sentence
from states.terms import date_text
from states.vocabulary import Act, State
from store import admin_log, events, leaves, personal_data, tenures
from store.visibility import READS_FILES, reader_of, scope, watches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from states.working_days import Calendar
    from store.accounts import Person
    from store.database import Database
    from store.events import Recorded
    from store.tenures import SentToPost, Tenure

VIEWED, EXPORTED, LETTERED = "view_dossier", "export_dossier", "hand_out_dossier"
"""What the log of administration calls it: read, handed out, handed out to the organisation department by letter."""
CONSOLE: Final = "console"
_KEPT: Final = 8
"""So many files are kept in memory."""
LONGEST_LETTER: Final = 100
_ONE_DAY: Final = timedelta(days=1)
_TOMORROW: Final = Sentence(
    "{on}还没有过去，法治档案只能截至今天。", "{on} is not over; a file can be drawn up until today."
)
_NOT_THEN: Final = Sentence("截至{on}，还没有任职记载。", "Until {on} no appointment is on record.")
_NO_TENURE: Final = Sentence("没有这一任期。", "There is no such tenure.")
_BY_LETTER: Final = Sentence(
    "组织部门凭函查阅：请写明来函的文号（不超过{most}字）。",
    "The organisation department reads by letter: give the letter's number, in {most} characters at most.",
)
_ONLY_OFFICE: Final = Sentence(
    "向组织部门提供法治档案由督查机构办理。", "Handing a file to the organisation department is for the office."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDossier:
    """A file, and the tenures of the same post or person whose files the reader may see as well, in their order."""

    dossier: Dossier
    tenures: tuple[Tenure, ...]


class Dossiers:
    """Draws up the files of heads."""

    def __init__(self, database: Database, calendar: Calendar, zone: tzinfo, rooms: YearRooms | None = None) -> None:
        """Read this database; days are those of the zone, signatures are counted by the calendar."""
        self.database, self.calendar, self.zone = database, calendar, zone
        self.rooms = rooms or YearRooms()
        self._remembered: AnswerCache[tuple[FoundDossier, bool]] = AnswerCache(_KEPT)

    # --- reading ----------------------------------------------------------------------------------------------------

    def read(self, which: str, on: date, now: datetime, person: Person | None, *, first: str = "") -> FoundDossier:
        """Return the file of a post or a person as it stood at the end of a day, and write down that it was read.

        `first` is the first day of the tenure that is meant, or `-` for the time before anybody is known; if nothing
        is given, it is the tenure of the day. `person` is who reads; nobody at the console of the machine, who has the
        whole database. Whoever reads the own file is not written down.

        Raises:
            NotFound: there is no such file, as far as the reader is concerned.
            BadData: the day is not over yet, lies before everything, or begins no tenure.
        """
        self._require_past(on, now)
        found, own = self._known(which, on, person, first)
        if person is not None and not own:
            self._note(VIEWED, person, found.dossier, now)
        return found

    def hand_out(  # which file, until when, now, to whom, of which tenure, and by which letter
        self, which: str, on: date, now: datetime, person: Person | None, *, first: str = "", letter: str = ""
    ) -> Dossier:
        """Return the file for a paper, and write down that it was handed out: by letter, with the letter's number.

        The rest is as in `read`.

        Raises:
            NotFound: there is no such file, as far as who asks is concerned.
            NotPermitted: only the office hands a file to the organisation department.
            BadData: as `read`, or the letter's number is too long.
        """
        self._require_past(on, now)
        if len(letter) > LONGEST_LETTER:
            raise BadData(_BY_LETTER.fill(most=LONGEST_LETTER))
        found, own = self._known(which, on, person, first)
        if letter and own:
            raise NotPermitted(_ONLY_OFFICE)
        self._note(LETTERED if letter else EXPORTED, person, found.dossier, now, letter)
        return found.dossier

    def of_unit(self, unit_id: int, person: Person) -> list[int]:
        """Return the posts of the heads of a unit whose files this person may read now, for a link to each."""
        with self.database.reading() as session:
            posts = tenures.heads_of_unit(session, unit_id)
            return [post for post in posts if self._visible(session, tenures.of_post(session, post), person)]

    def _require_past(self, on: date, now: datetime) -> None:
        if on > now.astimezone(self.zone).date():
            raise BadData(_TOMORROW.fill(on=_said(on)))

    def _note(self, what: str, person: Person | None, dossier: Dossier, now: datetime, letter: str = "") -> None:
        tenure = dossier.tenure
        whom = " ".join(filter(None, (tenure.title, tenure.username)))
        who, role = (person.username, person.role.value) if person is not None else (CONSOLE, "")
        detail = " ".join(filter(None, (dossier.on.isoformat(), letter)))
        with self.database.transaction() as session:
            admin_log.note(session, who, role, what, whom, now, detail)

    # --- what is whose ----------------------------------------------------------------------------------------------

    def _known(self, which: str, on: date, person: Person | None, first: str) -> tuple[FoundDossier, bool]:
        """Return the file, and whether it is the reader's own; not drawn up again as long as nothing happens.

        That somebody read it is nothing that a file tells.
        """
        reader = None if person is None else reader_of(person)
        with self.database.reading() as session:
            known = leaves.told_until(session, without=admin_log.TABLE)

        def drawn_up() -> tuple[FoundDossier, bool]:
            with self.database.reading() as session:
                return self._found(session, which, on, person, first)

        return self._remembered.answer((known, which, on, first, reader), drawn_up)

    def _found(
        self, session: Session, which: str, on: date, person: Person | None, first: str
    ) -> tuple[FoundDossier, bool]:
        try:
            post_id, username = tenures.find(session, which)
        except NotFound as problem:
            if person is None or person.role in READS_FILES:
                raise
            raise tenures.no_file(which) from problem  # not even whether a name stands for several posts
        posts = [post_id] if post_id else tenures.posts_of_person(session, username)
        known = [one for post in posts for one in tenures.of_post(session, post)]
        if username:
            known = [one for one in known if one.username == username]
        seen = self._visible(session, known, person)
        if not seen:
            raise tenures.no_file(which)
        begun = sorted((one for one in seen if one.from_on is None or one.from_on <= on), key=_order)
        if not begun:
            raise BadData(_NOT_THEN.fill(on=_said(on)))
        chosen = begun[-1]
        if first:
            named = [one for one in begun if (one.from_on.isoformat() if one.from_on else "-") == first]
            if not named:
                raise BadData(_NO_TENURE)
            chosen = named[-1]
        own = person is not None and chosen.username == person.username
        reader = None if person is None else reader_of(person)
        limits = () if own or reader is None else (scope(reader),)
        dossier = self._dossier(session, chosen, on, limits)
        shown = [one for one in begun if one.username or one is chosen or tenures.has_cases(session, one)]
        return FoundDossier(dossier=dossier, tenures=tuple(shown)), own

    def _visible(self, session: Session, known: Sequence[Tenure], person: Person | None) -> list[Tenure]:
        """Return those of the tenures whose files the person may read: all below, or the own."""
        if person is None:
            return list(known)
        reader = reader_of(person)
        if reader.role in READS_FILES:
            # Who has no name there has a file only by cases, and only for who sees one of them.
            return [
                one
                for one in known
                if watches(session, reader, one.unit_id)
                and (one.username or tenures.has_cases(session, one, scope(reader)))
            ]
        return [one for one in known if one.username and one.username == person.username]

    # --- the file ---------------------------------------------------------------------------------------------------

    def _dossier(self, session: Session, tenure: Tenure, on: date, limits: Sequence[ColumnElement[bool]]) -> Dossier:
        ids = tenures.cases_of_post(session, tenure.post_id, *limits)
        histories = {
            history[0].event.case_id: history
            for history in personal_data.shown_histories(session, list(events.histories(session, ids)))
        }
        all_courses = {
            case_id: course
            for case_id, history in histories.items()
            if (course := course_until(history, on, self.zone)) is not None and not course.is_sealed
        }
        courses = list(all_courses.values())
        own = [course for course in courses if tenure.covers(course.case.opened_on)]
        sent = tenures.sent_to_post(session, tenure.post_id, *limits)
        handovers = [
            self._handover(session, tenure.post_id, first, histories, sent, on) if first is not None else None
            for first in (tenure.from_on, tenure.until_on + _ONE_DAY if tenure.until_on is not None else None)
        ]
        last = min(on, tenure.until_on) if tenure.until_on is not None else on
        begin = tenure.from_on or date.min
        rooms = self.rooms
        return Dossier(
            tenure=tenure,
            on=on,
            cases=tuple(
                filed_case(one, tenure)
                for one in own
                if one.case.state is not State.EXEMPTED and one.case.state not in GROUNDLESS
            ),
            told=self._told(sent, tenure, on, all_courses),
            interviews=interviews_of(_blamed(courses), tenure),
            helps=evidence_of(courses, tenure, (Act.RECORD_HELP,), in_person=False),
            tolerated=tuple(matter(one, one.case.entered_on) for one in own if one.case.state is State.EXEMPTED),
            groundless=tuple(matter(one, one.case.entered_on) for one in own if one.case.state in GROUNDLESS),
            work=tuple((word, evidence_of(courses, tenure, acts, in_person=True)) for word, acts in PERSONAL_WORK),
            received=handovers[0],
            passed=handovers[1],
            duties=tuple(rooms.duties(session, tenure.unit_id, begin, last)) if rooms.duties else None,
            commendations=(
                tuple(rooms.commendations(session, tenure.post_id, begin, last)) if rooms.commendations else None
            ),
        )

    def _told(
        self, sent: Sequence[SentToPost], tenure: Tenure, on: date, courses: Mapping[int, Course]
    ) -> tuple[FiledTold, ...]:
        found = []
        for one in sent:
            sent_on = one.sent_at.astimezone(self.zone).date()
            course = courses.get(one.case_id)
            if sent_on > on or not tenure.covers(sent_on) or course is None:
                continue
            signed_on = _signed_on(course, one.case_seq)
            found.append(
                FiledTold(
                    case_id=one.case_id,
                    number=course.case.number,
                    act=one.act,
                    sent_on=sent_on,
                    wanted=one.notice in TO_BE_SIGNED,
                    signed_on=signed_on,
                    days=self.calendar.working_days_between(sent_on, signed_on) if signed_on else None,
                    own=tenure.covers(course.case.opened_on),
                    after_leaving=signed_on is not None and tenure.ended_by(signed_on),
                )
            )
        return tuple(found)

    def _handover(  # of which post, on which first day, what there was, what had been sent, and seen on which day
        self,
        session: Session,
        post_id: int,
        first: date,
        histories: Mapping[int, Sequence[Recorded]],
        sent: Sequence[SentToPost],
        on: date,
    ) -> Handover | None:
        """Return what passed on at the beginning of `first`; nothing before, or from nobody."""
        known, eve = tenures.of_post(session, post_id), first - _ONE_DAY
        before = next((one for one in known if one.covers(eve)), None)
        after = next((one for one in known if one.from_on == first), None)
        if first > on or before is None or after is None or not before.username:
            return None
        until_eve = [one for one in sent if one.sent_at.astimezone(self.zone).date() <= eve]
        matters = []
        for case_id, history in histories.items():
            course = course_until(history, eve, self.zone)
            if course is None or course.is_sealed or not course.case.is_open:
                continue
            unsigned = any(
                one.notice in TO_BE_SIGNED and _signed_on(course, one.case_seq) is None
                for one in until_eve
                if one.case_id == case_id
            )
            matters.append(matter(course, course.case.opened_on, unsigned=unsigned))
        return Handover(on=first, before=before.holder, after=after.holder, matters=tuple(matters))


def _said(on: date) -> Sentence:
    return Sentence(date_text(on), date_text(on, "en"))


def _order(tenure: Tenure) -> tuple[date, int]:
    return tenure.from_on or date.min, tenure.post_id


def _blamed(courses: Sequence[Course]) -> list[Course]:
    """Return the courses without those that were tolerated or groundless, whose interviews are no record of a head."""
    return [one for one in courses if one.case.state is not State.EXEMPTED and one.case.state not in GROUNDLESS]


def _signed_on(course: Course, case_seq: int) -> date | None:
    """Return when the unit signed for this event, or for a later one of the case, which stands for the earlier ones."""
    return next(
        (one.on for one in course.taken if one.act is Act.ACKNOWLEDGE and int(one.data.get("of") or 0) >= case_seq),
        None,
    )
