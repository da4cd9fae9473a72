"""The year's plan of inspections (年度督查计划): planned with its burden in sight, approved by the leader.

Source: Government Supervision Regulations art. 11 (approval), art. 15 (content, objects, no repeats, how often);
article 9(2) of the Measures; ADR 0045.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from programme.burden import Outlook, UnitBurden, as_planned, burdens
from programme.inspection_drafts import check_draft, is_same_draft, items_of_draft
from states.errors import BadData, Conflict, GuardRefused, NoSuchAct, NotPermitted, Sentence
from states.inspection import (
    UNANNOUNCED,
    Burden,
    InspectionScope,
    InspectionState,
    InspectionStep,
    item_of,
    moved,
    overlaps,
)
from states.secrecy import refuse_secrets
from states.terms import date_text
from store import inspections, named_units, organisation, turns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from config.rulebook import Rulebook
    from programme.inspection_drafts import InspectionDraft
    from states.case import Actor
    from store.database import Database
    from store.inspections import BriefInspection, PlannedInspection
    from store.visibility import Reader

_WOULD_BURDEN: Final = Sentence(
    "{what}请合并、改期，或者写明保留的理由。", "{what} Merge it, move it, or say why it stays."
)
_NEVER_ANNOUNCED: Final = Sentence(
    "实地暗访不发通知、不打招呼，不能通知被检查单位。", "An unannounced visit is not announced."
)
_NO_REASON: Final = Sentence("撤销检查须写明理由。", "Say why the inspection is withdrawn.")
_UNSIGNED: Final = Sentence(
    "还有{n}个单位的现场检查清单有“否”，没有第二人会签：{units}。",
    "{n} on-site lists with a “no” were not signed by a second person: {units}.",
)
_STILL_OPEN: Final = Sentence(
    "还有{n}个单位的现场检查清单没有报送：{units}。", "{n} on-site lists were not handed in yet: {units}."
)
_NOT_ALL_YOURS: Final = Sentence(
    "这次检查还涉及您负责范围以外的单位，由安排检查的机构办理。",
    "This inspection goes to units outside your territory as well; whoever planned it moves it on.",
)
_NOT_SO: Final = Sentence(
    "检查在打开现场检查清单时开始，不能这样办理。", "An inspection begins when its on-site list is opened."
)
_NO_PLAN: Final = Sentence(
    "{year}年督查计划已经批准：请选择计划内的检查，或者写明计划外检查的理由。",
    "The plan of {year} is approved: choose an inspection of it, or say why this one is outside the plan.",
)
_UNSEEN: Final = Sentence(
    "您查看以后又有检查报批，请核对后再批准。",
    "Another inspection waits since you looked; look at it before you approve.",
)
_NO_DRAFT: Final = Sentence("{year}年没有待批准的检查。", "No inspection of {year} waits for approval.")
_LATER: Final = Sentence(
    "日期{on}在将来，只能录入已经发生的事项。", "The date {on} is in the future; only what has happened can be entered."
)


class InspectionPlans:
    """Plans inspections and lets people decide on them."""

    def __init__(self, database: Database, rulebook: Rulebook) -> None:
        """Keep the plans in this database; the ceiling is the policy's in force."""
        self.database = database
        self.rulebook = rulebook

    # --- planning ------------------------------------------------------------------------------------------------

    def look(self, draft: InspectionDraft, actor: Actor, reader: Reader | None = None) -> Outlook:
        """Return what the inspection would meet of what the reader may see, before it is planned.

        Raises:
            NotPermitted: this role plans nothing.
            BadData: the draft makes no sense.
            NotFound: a unit is not known.
        """
        moved(None, InspectionStep.PLAN, actor.role)
        check_draft(draft)
        with self.database.reading() as session:
            return self._outlook(session, draft, self._units(session, draft, reader), reader)

    def plan(
        self,
        draft: InspectionDraft,
        actor: Actor,
        now: datetime,
        reader: Reader | None = None,
        *,
        once: bool = False,
    ) -> PlannedInspection:
        """Plan the inspection; it waits for the leader's approval. It goes to units of the reader's territory only.

        `once`: the same inspection that this person planned and nobody decided on is given back, so that a form that
        is sent twice plans one.

        Raises:
            NotPermitted: this role plans nothing, or the `reader` does not see one of the units.
            BadData: the draft makes no sense.
            NotFound: a unit is not known.
            GuardRefused: it meets another inspection of the same unit, or a month goes above the ceiling, and no
                reason is given.
        """
        state = moved(None, InspectionStep.PLAN, actor.role)
        check_draft(draft)
        with self.database.transaction() as session:
            units = self._units(session, draft, reader)
            if once:
                turns.wait_for_own(session, actor.user)
                for same in inspections.listed(session, draft.from_on.year, reader):
                    if same.planned_by == actor.user and is_same_draft(same, draft, units):
                        return same
            place = inspections.next_place(session, draft.from_on.year)
            outlook = self._outlook(session, draft, units, reader)
            if outlook.weighs and not draft.kept_because.strip():
                said = outlook.sentences()
                zh, en = "".join(one.text() for one in said), " ".join(one.text("en") for one in said)
                raise GuardRefused(_WOULD_BURDEN.fill(what=Sentence(zh, en)))
            fields = {
                "year": draft.from_on.year,
                "place": place,
                "kind": draft.kind,
                "title": draft.title.strip(),
                "basis": draft.basis.strip(),
                "state": state.value,
                "from_on": draft.from_on,
                "until_on": draft.until_on,
                "kept_because": draft.kept_because.strip(),
                "planned_by": actor.user,
                "planned_at": now,
            }
            items = items_of_draft(draft, units)
            return inspections.get(session, inspections.add(session, fields, items, list(units), draft.team), reader)

    def _units(
        self, session: Session, draft: InspectionDraft, reader: Reader | None
    ) -> dict[int, organisation.OrganisationUnit]:
        names = [name.strip() for name in draft.units]
        if named_units.is_bounded(reader):
            names = [named_units.settled(session, name, is_new=True, reader=reader) for name in names]
        found = [organisation.unit_by_name(session, name) for name in dict.fromkeys(names)]
        return {unit.id: unit for unit in found}

    def _outlook(
        self,
        session: Session,
        draft: InspectionDraft,
        units: Mapping[int, organisation.OrganisationUnit],
        reader: Reader | None,
    ) -> Outlook:
        year, most = draft.from_on.year, self.rulebook.policy.contacts_per_month
        living = [
            one for one in inspections.listed(session, year, reader) if one.state is not InspectionState.WITHDRAWN
        ]
        planned = InspectionScope(
            number="",
            title=draft.title,
            units=frozenset(unit.name for unit in units.values()),
            items=frozenset(map(item_of, draft.duties)),
            from_on=draft.from_on,
            until_on=draft.until_on,
        )
        met = overlaps(planned, [as_planned(one) for one in living if one.state is not InspectionState.DONE])
        month = draft.from_on.month
        names = {id_: unit.name for id_, unit in units.items()}
        over = []
        visits = inspections.visit_months(session, year, names, reader)
        for one in burdens(session, year, names, visits, reader, self.rulebook.zone):
            before = one.months[month - 1]
            after = Burden(month, before.visits + 1, before.requests, before.messages)
            if after.contacts > most:
                over.append((one.unit, after))
        return Outlook(tuple(met), tuple(over), most)

    # --- deciding ------------------------------------------------------------------------------------------------

    def approve(
        self, ids: Sequence[int], on: date, actor: Actor, now: datetime, reader: Reader | None = None
    ) -> list[PlannedInspection]:
        """Approve these inspections, all or none. Here and below, nobody moves what is out of the reader's sight.

        Raises:
            NotFound: there is no such inspection.
            NoSuchAct: one does not wait for approval.
            NotPermitted: it is not the leader who approves.
        """
        self._require_past(on, now)
        with self.database.transaction() as session:
            for id_ in sorted(set(ids)):
                inspection = _to_move(session, id_, reader)
                state = moved(inspection.state, InspectionStep.APPROVE, actor.role)
                inspections.change(session, id_, state=state.value, approved_by=actor.user, approved_on=on)
            return [inspections.get(session, id_) for id_ in sorted(set(ids))]

    def approve_year(  # which year, on which day, by whom, when, seen by whom, and what was looked at
        self,
        year: int,
        on: date,
        actor: Actor,
        now: datetime,
        reader: Reader | None = None,
        *,
        seen: Collection[int] | None = None,
    ) -> list[PlannedInspection]:
        """Approve what waits for approval in the plan of this year and goes to no unit out of the reader's sight.

        Raises:
            BadData: nothing waits.
            Conflict: something waits that is not among the ids that were `seen`; nothing is approved.
        """
        whole = {one.id: len(one.visits) for one in self.listed(year)}
        whole_ones = [one for one in self.listed(year, reader) if len(one.visits) == whole.get(one.id)]
        waiting = [one.id for one in whole_ones if one.state is InspectionState.DRAFT]
        if not waiting:
            raise BadData(_NO_DRAFT.fill(year=year))
        if seen is not None and not set(waiting) <= set(seen):
            raise Conflict(_UNSEEN)
        return self.approve(waiting, on, actor, now, reader)

    def step(  # which, how, why, on which day, by whom, when, seen by whom
        self,
        id_: int,
        step: InspectionStep,
        reason: str,
        on: date,
        actor: Actor,
        now: datetime,
        reader: Reader | None = None,
    ) -> PlannedInspection:
        """Take one step of an inspection that is there; `reason` is for withdrawing it.

        Raises:
            NoSuchAct: it is no step that is taken so, or not from where the inspection stands.
        """
        match step:
            case InspectionStep.APPROVE:
                return self.approve([id_], on, actor, now, reader)[0]
            case InspectionStep.ANNOUNCE:
                return self.announce(id_, on, actor, now, reader)
            case InspectionStep.FINISH:
                return self.finish(id_, on, actor, now, reader)
            case InspectionStep.WITHDRAW:
                return self.withdraw(id_, reason, on, actor, now, reader)
            case _:
                raise NoSuchAct(_NOT_SO)

    def announce(
        self, id_: int, on: date, actor: Actor, now: datetime, reader: Reader | None = None
    ) -> PlannedInspection:
        """Let the units' people see that they are inspected, when and on what. Announcing it again changes nothing.

        Raises:
            GuardRefused: it is an unannounced visit.
        """
        self._require_past(on, now)
        with self.database.transaction() as session:
            inspection = _to_move(session, id_, reader)
            moved(inspection.state, InspectionStep.ANNOUNCE, actor.role)
            if inspection.kind == UNANNOUNCED:
                raise GuardRefused(_NEVER_ANNOUNCED)
            if inspection.announced_on is None:
                inspections.change(session, id_, announced_on=on)
            return inspections.get(session, id_)

    def finish(
        self, id_: int, on: date, actor: Actor, now: datetime, reader: Reader | None = None
    ) -> PlannedInspection:
        """End the inspection.

        Raises:
            GuardRefused: an on-site list was not handed in.
        """
        self._require_past(on, now)
        with self.database.transaction() as session:
            inspection = _to_move(session, id_, reader)
            state = moved(inspection.state, InspectionStep.FINISH, actor.role)
            left = [visit.unit for visit in inspection.visits if visit.submitted_on is None]
            if left:
                raise GuardRefused(_STILL_OPEN.fill(n=len(left), units="、".join(left)))
            unsigned = [visit.unit for visit in inspection.visits if visit.awaits_signature]
            if unsigned:
                raise GuardRefused(_UNSIGNED.fill(n=len(unsigned), units="、".join(unsigned)))
            inspections.change(session, id_, state=state.value, ended_by=actor.user, ended_on=on)
            return inspections.get(session, id_)

    def withdraw(  # which, why, on which day, by whom, when, seen by whom
        self, id_: int, reason: str, on: date, actor: Actor, now: datetime, reader: Reader | None = None
    ) -> PlannedInspection:
        """Take the inspection out of the plan, with the reason.

        Raises:
            BadData: no reason is given.
        """
        self._require_past(on, now)
        if not reason.strip():
            raise BadData(_NO_REASON)
        refuse_secrets(reason)
        with self.database.transaction() as session:
            inspection = _to_move(session, id_, reader)
            state = moved(inspection.state, InspectionStep.WITHDRAW, actor.role)
            inspections.change(session, id_, state=state.value, reason=reason.strip(), ended_by=actor.user, ended_on=on)
            return inspections.get(session, id_)

    def _require_past(self, on: date, now: datetime) -> None:
        if on > now.astimezone(self.rulebook.zone).date():
            raise GuardRefused(_LATER.fill(on=Sentence(date_text(on, "zh-CN"), date_text(on, "en"))))

    # --- reading -------------------------------------------------------------------------------------------------

    def listed(self, year: int | None = None, reader: Reader | None = None) -> list[PlannedInspection]:
        """Return the inspections of the year, or of all years, that this reader may see; all at the console."""
        with self.database.reading() as session:
            return inspections.listed(session, year, reader)

    def page(self, year: int, reader: Reader, *, skip: int, limit: int) -> list[PlannedInspection]:
        """Return `limit` of the inspections of the year that this reader may see, behind the first `skip`."""
        with self.database.reading() as session:
            return inspections.page(session, year, reader, skip=skip, limit=limit)

    def brief(self, year: int, reader: Reader | None = None) -> list[BriefInspection]:
        """Return what the inspections of the year that this reader may see are called, and how they stand."""
        with self.database.reading() as session:
            return inspections.brief(session, year, reader)

    def one(self, id_: int, reader: Reader | None = None) -> PlannedInspection:
        """Return the inspection.

        Raises:
            NotFound: there is none, or none that this reader may see.
        """
        with self.database.reading() as session:
            return inspections.get(session, id_, reader)

    def years(self, reader: Reader | None = None) -> list[int]:
        """Return the years for which something is planned, the newest first."""
        with self.database.reading() as session:
            return inspections.years(session, reader)

    def in_force(self, year: int, reader: Reader | None = None) -> list[BriefInspection]:
        """Return what was approved for this year, and is in sight; while there is any, the plan is in force."""
        standing = (InspectionState.APPROVED, InspectionState.RUNNING, InspectionState.DONE)
        return [one for one in self.brief(year, reader) if one.state in standing]

    def missing(self, data: Mapping[str, Any], on: date, reader: Reader | None = None) -> Sentence | None:
        """Return what a finding of this day lacks while a plan of its year is in force: an inspection, or a reason."""
        if data.get("inspection_plan") or data.get("outside_plan") or not self.in_force(on.year, reader):
            return None
        return _NO_PLAN.fill(year=on.year)

    def burden(
        self, year: int, reader: Reader | None = None, *, skip: int = 0, limit: int | None = None
    ) -> list[UnitBurden]:
        """Return how often units of the year's plan are called on, by their names: all, or `limit` behind `skip`."""
        with self.database.reading() as session:
            units = inspections.units_of_year(session, year, reader, skip=skip, limit=limit)
            visits = inspections.visit_months(session, year, units, reader)
            return burdens(session, year, units, visits, reader, self.rulebook.zone)


def _to_move(session: Session, id_: int, reader: Reader | None) -> PlannedInspection:
    """Return the inspection, locked, if the reader sees all of it.

    Raises:
        NotFound: there is none, or none that this reader may see.
        NotPermitted: it goes to units outside the reader's territory as well.
    """
    seen = inspections.get(session, id_, reader)
    whole = inspections.get(session, id_, to_change=True)
    if len(seen.visits) < len(whole.visits):
        raise NotPermitted(_NOT_ALL_YOURS)
    return whole
