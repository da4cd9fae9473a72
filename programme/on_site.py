"""The on-site list (现场检查清单): what was seen at one unit, point by point, and the findings that come of it.

Whatever is sent twice, over a bad line or by two of the team, is written once.

Source: article 9(2) of the Measures; Government Supervision Regulations art. 12; ADR 0045.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cases import evidence
from config.duties import catalogue_duties
from files.photo_time import is_image, taken_at
from states.command import Command
from states.duty import fits
from states.errors import BadData, GuardRefused, NotFound, Sentence
from states.guards.entries import same_account
from states.inspection import ANSWERS, Answer, InspectionStep, moved
from states.secrecy import refuse_secrets
from states.terms import date_text
from states.vocabulary import Act
from store import cases, inspections, on_site_answers, personal_data
from store import evidence as kept

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from states.case import Actor, Case
    from store.inspections import CheckItem, PlannedInspection, UnitVisit
    from store.on_site_answers import Answered, Photo
    from store.visibility import Reader

LONGEST: Final = 2000
_NOT_YET: Final = Sentence(
    "这项检查{from_on}至{until_on}进行，{on}不在其中。",
    "This inspection goes on from {from_on} to {until_on}; {on} is not among these days.",
)
_NO_ITEM: Final = Sentence("这份清单没有第{place}项。", "This list has no point {place}.")
_TOO_LONG: Final = Sentence("“看到了什么”不超过{most}字。", "What was seen takes {most} characters at most.")
_HANDED_IN: Final = Sentence(
    "现场检查清单已经报送，不能再改；新的情况请另行登记问题。",
    "The on-site list was handed in and does not change any more; register what is new as a finding of its own.",
)
_IS_A_CASE: Final = Sentence(
    "第{place}项已登记为{number}，不能改为“{answer}”；请在案件中更正。",
    "Point {place} is registered as {number} and cannot become “{answer}”; correct it in the case.",
)
_NO_IMAGE: Final = Sentence("“{name}”不是照片。", "“{name}” is no photo.")
_NOT_NO: Final = Sentence(
    "第{place}项不是“否”，不能登记为问题。", "Point {place} was not answered with “no”; there is nothing to register."
)
_NOTHING_SEEN: Final = Sentence(
    "第{place}项请先写明看到了什么，再登记为问题。", "Say what was seen at point {place} before it is registered."
)
_NO_POST: Final = Sentence(
    "“{unit}”没有登记唯一的主要负责人职务，请写明责任领导的职务。",
    "{unit} has no single head's post on record; say which post is responsible.",
)
_LEFT: Final = Sentence("还差{n}项没有查：{places}。", "{n} points were not answered yet: {places}.")
_NOT_IN: Final = Sentence(
    "现场检查清单还没有报送，不能会签。", "The on-site list was not handed in yet; it cannot be signed."
)
_NO_NO: Final = Sentence("清单里没有“否”，不须会签。", "There is no “no” in the list; nobody has to sign it.")
_SAME_PERSON: Final = Sentence(
    "这份清单由您报送，须由另一人用本人账号会签。",
    "You handed this list in; another person signs it by another login.",
)
_SIGNED: Final = Sentence("这份清单已经会签，不能退回。", "The list was signed already and is not sent back.")
_WHY_BACK: Final = Sentence("退回须写明理由（不超过{most}字）。", "Say why in {most} characters at most.")
_TOO_EARLY: Final = Sentence("会签日期不能早于报送日期{since}。", "It was handed in on {since}; nobody signs before.")
_UNSAID: Final = Sentence(
    "第{places}项回答“否”或者“未查”，请写明看到了什么或者为什么没有查。",
    "Points {places} were answered with “no” or “not checked”: say what was seen, or why not.",
)


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody sends of one point, by its place in the list; None leaves the answer as it is."""

    place: int
    answer: Answer | None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A photo as it was sent to a point: its plain file name, its bytes, and when it was taken as the sender says."""

    place: int
    name: str
    content: bytes
    told: datetime | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a unit's list as it stands."""

    item: CheckItem
    answered: Answered | None
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class OnSiteList:
    """The list of one unit: the points that bind it, with what was found."""

    inspection: PlannedInspection
    visit: UnitVisit
    points: tuple[Point, ...]

    @property
    def left(self) -> tuple[Point, ...]:
        """The points without an answer."""
        return tuple(point for point in self.points if point.answered is None or point.answered.answer is None)


class OnSite:
    """Keeps what is seen at the units, and makes findings of it."""

    def __init__(self, desk: Desk, home: Path) -> None:
        """Keep it in the desk's database; findings are registered at the desk, photos kept below the home."""
        self.desk = desk
        self.database = desk.database
        self.home = home

    def read(self, visit_id: int, reader: Reader | None = None) -> OnSiteList:
        """Return the list of one unit.

        Raises:
            NotFound: there is none, or none that this reader may see.
        """
        with self.database.reading() as session:
            return self._list(session, visit_id, reader)

    def open(self, visit_id: int, on: date, actor: Actor, reader: Reader | None = None) -> OnSiteList:
        """Begin at this unit; the inspection goes on from now on. Opening it again changes nothing.

        Raises:
            NotFound: there is no such list in sight.
            NoSuchAct: the inspection was not approved, or is over.
            NotPermitted: this role inspects nothing.
            GuardRefused: the day is none of the inspection's.
        """
        with self.database.transaction() as session:
            self._opened(session, visit_id, on, actor, reader)
            return self._list(session, visit_id, reader)

    def answer(  # where, what, when, by whom
        self,
        visit_id: int,
        given: Sequence[Given],
        on: date,
        actor: Actor,
        now: datetime,
        reader: Reader | None = None,
    ) -> OnSiteList:
        """Write down what was found on these points; the list is opened with it. The same again changes nothing.

        Raises:
            GuardRefused: the list was handed in, or a point is a case already.
            BadData: there is no such point, or a note is too long or bears the mark of a state secret.
        """
        refuse_secrets([one.note for one in given if one.note])
        with self.database.transaction() as session:
            found = self._opened(session, visit_id, on, actor, reader)
            known = {point.item.place: point for point in found.points}
            for one in given:
                if one.place not in known:
                    raise BadData(_NO_ITEM.fill(place=one.place))
                self._put(session, found, known[one.place], one, actor, now)
            return self._list(session, visit_id, reader)

    def photo(  # where, which file, by whom
        self,
        visit_id: int,
        sent: SentPhoto,
        on: date,
        actor: Actor,
        now: datetime,
        reader: Reader | None = None,
    ) -> str:
        """Keep a photo to a point, once; return its SHA-256.

        It was taken when the file says so, else when its sender says so; else only when it came is known.

        Raises:
            BadData: it is no picture, or there is no such point.
            GuardRefused: the list was handed in.
        """
        if not is_image(sent.content):
            raise BadData(_NO_IMAGE.fill(name=sent.name))
        self._require_point(visit_id, sent.place, actor, reader)
        with TemporaryDirectory() as folder:
            source = Path(folder) / sent.name
            source.write_bytes(sent.content)
            hash_ = evidence.keep(self.database, self.home, source, actor.user, now)
        with self.database.transaction() as session:
            found = self._opened(session, visit_id, on, actor, reader)
            point = _point(found, sent.place)
            if found.visit.submitted_on is not None:
                raise GuardRefused(_HANDED_IN)
            photo = on_site_answers.Photo(
                item_id=point.item.id,
                sha256=hash_,
                name=sent.name,
                size=len(sent.content),
                taken_at=taken_at(sent.content, self.desk.unit_of_work.zone) or sent.told,
                received_at=now,
                brought_by=actor.user,
            )
            on_site_answers.add_photo(session, visit_id, point.item.id, photo)
        return hash_

    def register(
        self,
        visit_id: int,
        place: int,
        data: Mapping[str, Any],
        on: date,
        actor: Actor,
        now: datetime,
        reader: Reader | None = None,
    ) -> Case:
        """Make a finding of a “no”, with its note and photos, where `data` does not say otherwise.

        Registering it again gives the same case, whatever is said.

        Raises:
            NotFound: there is no such list in sight.
            GuardRefused: the point is no “no”.
            Refused: the finding cannot be registered so.
        """
        with self.database.transaction() as session:
            found = self._list(session, visit_id, reader, to_change=True)
            point = _point(found, place)
            answered = point.answered
            if answered is not None and answered.case_id is not None:
                return personal_data.shown(session, cases.get(session, answered.case_id).case)
            if answered is None or answered.answer is not Answer.NO:
                raise GuardRefused(_NOT_NO.fill(place=place))
            if not (data.get("finding") or answered.note):
                raise BadData(_NOTHING_SEEN.fill(place=place))
            command = Command(
                act=Act.REGISTER_FINDING,
                actor=actor,
                on=on,
                data=self._finding(session, found, point, data, actor, now),
            )
            done = self.desk.open_in(session, command, now)
            on_site_answers.note_case(session, visit_id, point.item.id, done.case.id)
            return done.case

    def submit(self, visit_id: int, on: date, actor: Actor, reader: Reader | None = None) -> OnSiteList:
        """Hand the list in; it does not change any more. Handing it in again changes nothing.

        Raises:
            GuardRefused: a point has no answer, or a “no” or “not checked” says nothing.
        """
        with self.database.transaction() as session:
            found = self._opened(session, visit_id, on, actor, reader)
            if found.visit.submitted_on is not None:
                return found
            if found.left:
                places = "、".join(str(point.item.place) for point in found.left)
                raise GuardRefused(_LEFT.fill(n=len(found.left), places=places))
            unsaid = [
                str(point.item.place)
                for point in found.points
                if point.answered is not None
                and point.answered.answer is not Answer.YES
                and not point.answered.note.strip()
            ]
            if unsaid:
                raise GuardRefused(_UNSAID.fill(places="、".join(unsaid)))
            inspections.submit_visit(session, visit_id, on, actor.user)
            return self._list(session, visit_id, reader)

    def sign(self, visit_id: int, on: date, actor: Actor, reader: Reader | None = None) -> OnSiteList:
        """Sign a list that was handed in with a “no”, as the second person. Signing it again changes nothing.

        Two persons are two logins: whoever handed it in does not sign it.

        Raises:
            GuardRefused: it was not handed in, or has no “no”, or the same person handed it in.
            NotPermitted: this role inspects nothing.
        """
        with self.database.transaction() as session:
            found = self._to_sign(session, visit_id, on, actor, reader)
            if found.visit.signed_on is None:
                inspections.sign_visit(session, visit_id, on, actor.user)
            return self._list(session, visit_id, reader)

    def send_back(  # which list, why, when, by whom
        self, visit_id: int, reason: str, on: date, actor: Actor, reader: Reader | None = None
    ) -> OnSiteList:
        """Open a list again that the second person does not sign, with the reason.

        Raises:
            GuardRefused: it was not handed in, has no “no”, was signed already, or the same person handed it in.
            BadData: no reason is given.
        """
        if not reason.strip() or len(reason) > LONGEST:
            raise BadData(_WHY_BACK.fill(most=LONGEST))
        refuse_secrets(reason)
        with self.database.transaction() as session:
            found = self._to_sign(session, visit_id, on, actor, reader)
            if found.visit.signed_on is not None:
                raise GuardRefused(_SIGNED)
            inspections.return_visit(session, visit_id, actor.user, reason.strip())
            return self._list(session, visit_id, reader)

    # --- parts ---------------------------------------------------------------------------------------------------

    def _list(self, session: Session, visit_id: int, reader: Reader | None, *, to_change: bool = False) -> OnSiteList:
        inspection, visit = inspections.of_visit(session, visit_id, reader, to_change=to_change)
        answers = on_site_answers.answers(session, visit_id)
        photos = on_site_answers.photos(session, visit_id)
        points = [
            Point(item, answers.get(item.id), tuple(photo for photo in photos if photo.item_id == item.id))
            for item in inspection.items
            if fits(catalogue_duties()[item.duty], visit.unit, visit.unit_kind)
        ]
        return OnSiteList(inspection, visit, tuple(points))

    def _to_sign(self, session: Session, visit_id: int, on: date, actor: Actor, reader: Reader | None) -> OnSiteList:
        found = self._list(session, visit_id, reader, to_change=True)
        moved(found.inspection.state, InspectionStep.BEGIN, actor.role)
        visit = found.visit
        if visit.submitted_on is None:
            raise GuardRefused(_NOT_IN)
        if not visit.noes:
            raise GuardRefused(_NO_NO)
        if same_account(actor.user, visit.submitted_by):
            raise GuardRefused(_SAME_PERSON)
        if on < visit.submitted_on:
            shown = Sentence(date_text(visit.submitted_on, "zh-CN"), date_text(visit.submitted_on, "en"))
            raise BadData(_TOO_EARLY.fill(since=shown))
        return found

    def _opened(self, session: Session, visit_id: int, on: date, actor: Actor, reader: Reader | None) -> OnSiteList:
        found = self._list(session, visit_id, reader, to_change=True)
        inspection = found.inspection
        state = moved(inspection.state, InspectionStep.BEGIN, actor.role)
        if found.visit.opened_on is not None:
            return found
        if not inspection.from_on <= on <= inspection.until_on:
            shown = {"from_on": inspection.from_on, "until_on": inspection.until_on, "on": on}
            raise GuardRefused(
                _NOT_YET.fill(
                    **{key: Sentence(date_text(day, "zh-CN"), date_text(day, "en")) for key, day in shown.items()}
                )
            )
        inspections.change(session, inspection.id, state=state.value)
        inspections.open_visit(session, visit_id, on, actor.user)
        return self._list(session, visit_id, reader)

    def _put(
        self, session: Session, found: OnSiteList, point: Point, given: Given, actor: Actor, now: datetime
    ) -> None:
        before = point.answered
        answer = given.answer if given.answer is not None else before.answer if before is not None else None
        note = given.note.strip() if given.note is not None else before.note if before is not None else ""
        if before is None and answer is None and not note:
            return
        if before is not None and (before.answer, before.note) == (answer, note):
            return
        if found.visit.submitted_on is not None:
            raise GuardRefused(_HANDED_IN)
        if len(note) > LONGEST:
            raise BadData(_TOO_LONG.fill(most=LONGEST))
        if before is not None and before.case_id is not None and answer is not Answer.NO:
            shown = Sentence(*ANSWERS[answer]) if answer is not None else ""
            raise GuardRefused(_IS_A_CASE.fill(place=given.place, number=before.case_number, answer=shown))
        on_site_answers.put_answer(session, found.visit.id, point.item.id, answer, note, actor.user, now)

    def _require_point(self, visit_id: int, place: int, actor: Actor, reader: Reader | None) -> None:
        """Refuse before a file is kept what would be refused behind it."""
        found = self.read(visit_id, reader)
        moved(found.inspection.state, InspectionStep.BEGIN, actor.role)
        if found.visit.submitted_on is not None:
            raise GuardRefused(_HANDED_IN)
        _point(found, place)

    def _finding(  # of which point, with what else, by whom
        self,
        session: Session,
        found: OnSiteList,
        point: Point,
        data: Mapping[str, Any],
        actor: Actor,
        now: datetime,
    ) -> dict[str, Any]:
        visit, note = found.visit, point.answered.note if point.answered is not None else ""
        post = data.get("post") or inspections.head_of(session, visit.unit_id)
        if not post:
            raise BadData(_NO_POST.fill(unit=visit.unit))
        for photo in point.photos:
            # Whoever of the team registers it has the list with its photos before him or her, and so may cite them.
            kept.note_upload(session, photo.sha256, actor.user, photo.name, now)
        fixed = {
            "unit": visit.unit,
            "duty": point.item.duty,
            "inspection": found.inspection.kind,
            "inspection_plan": found.inspection.number,
            "evidence": [photo.sha256 for photo in point.photos],
        }
        known = {"post": post, "finding": note, "source": f"现场检查清单第{point.item.place}项"}
        given = known | {key: value for key, value in data.items() if value} | fixed
        return {key: value for key, value in given.items() if value}


def _point(found: OnSiteList, place: int) -> Point:
    for point in found.points:
        if point.item.place == place:
            return point
    raise NotFound(_NO_ITEM.fill(place=place))
