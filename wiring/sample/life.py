"""The sample's days: the sweep at nine, what people do from ten on, the post at half past nine and at four."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import cases as rooms
from cases import evidence
from cases.ledger_import import import_ledger
from cases.sweep import clock_gap
from config.duties import duty_ids
from config.policy import find_policy, read_policy
from notifications.channels import Channels
from notifications.delivery import deliver
from notifications.servers import Outcome
from states.clue import ClueSource
from states.command import Command
from states.recount import How
from states.vocabulary import Act
from store import cases, personal_data
from wiring.sample.inspections import SampleInspection
from wiring.sample.people import Staff
from wiring.sample.routine import to_do
from wiring.sample.yearly import YearlyLife

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from cases.desk import Done
    from notifications.servers import Message
    from states.case import Actor, Case
    from wiring.container import Office
    from wiring.sample.script import CaseScript, ClueScript, Script, ScriptedStep

LEDGER: Final = Path(rooms.__file__).parent.parent / "examples" / "ledger.xlsx"
SWEPT, POSTED, BEGUN, POSTED_AGAIN = time(9), time(9, 30), time(10), time(16)
FIRST_NUMBER: Final = 15
"""The numbers up to this one are the ledger's."""


RANKED_BEFORE: Final = 8
"""How many working days ago the ranking was sent to the units, so that it waits for the leader now."""


class Nowhere(Channels):
    """The channels of the sample: its addresses lead nowhere, so whatever is sent there counts as taken."""

    def send(self, kind: str, address: str, message: Message) -> Outcome:  # noqa: ARG002  # nothing is done with it
        """Take a message."""
        return Outcome(ok=True)


class Life:
    """Lets the days of the sample pass, until a moment."""

    def __init__(self, office: Office, script: Script, now: datetime) -> None:
        """Live in this office as the script tells; nothing is dated after `now`."""
        self.office, self.script, self.now = office, script, now
        self.staff = Staff(office, script)
        self.channels = Nowhere(office.channels.servers)
        self.case_ids: dict[int, int] = {}
        self.documents: dict[tuple[int, str], int] = {}
        self.clue_ids: list[int] = []
        self.plan: dict[date, list[Callable[[datetime], None]]] = defaultdict(list)
        self.done_today = 0
        self.swept: datetime | None = None
        self.yearly = YearlyLife(office, self.staff, script.calendar)
        self.by_unit = {unit.name: unit.key for unit in script.units.values()}

    # --- the plan ------------------------------------------------------------------------------------------------

    def prepare(self) -> date:
        """Plan every step of the script and of the ledger on its day; return the first."""
        for clue in self.script.clues:
            self.plan[clue.raised.entered].append(partial(self._raise_clue, clue))
        for case in self.script.cases:
            for step in case.steps:
                self.plan[step.entered].append(partial(self._take, case, step))
        for place, clue in enumerate(self.script.clues):
            if clue.dismissed is not None:
                self.plan[clue.dismissed.entered].append(partial(self._dismiss_clue, place, clue.dismissed))
        for told in self.script.inspections:
            for on, done in SampleInspection(self.office, self.script, told, self.staff.actor).steps():
                self.plan[on].append(done)
        for day in self._days_of_the_ledger():
            self.plan[day].insert(0, self._take_over_the_ledger)
        self._plan_the_year()
        return min(self.plan)

    def _plan_the_year(self) -> None:
        """Plan a commendation that was given, a ranking whose time for objections has ended, and two that wait.

        What waits is another commendation, and another policy for all open cases.
        """
        begun = self.script.calendar.back(self.script.today, RANKED_BEFORE)
        self.plan[begun] += [partial(self._praise, begun), partial(self._rank, begun)]
        self.plan[self.script.proposed["at"]].append(self._propose_a_policy)

    def _days_of_the_ledger(self) -> set[date]:
        """Return on which days until today an order of the ledger was served; what lies ahead is left out."""
        read = import_ledger(self.office.desk, LEDGER, duty_ids(), self.now, user="liufang", served=True, dry_run=True)
        days = {row.understood.served_on for row in read.rows if row.understood is not None}
        return {day for day in days if day is not None and day <= self.script.today}

    # --- the days ------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """Let the days pass until now, after `prepare`."""
        day = min(self.plan)
        while day <= self.script.today:
            self._pass(day)
            day += timedelta(days=1)

    def _pass(self, day: date) -> None:
        self.done_today = 0
        first, last = self.script.stopped
        if not first <= day <= last:
            self._sweep(self._moment(day, SWEPT))
        self._deliver(self._moment(day, POSTED))
        if not self.script.calendar.works(day):
            return
        for step in self.plan.get(day, ()):
            step(self._next_moment(day))
        self._work_on_the_ledger(day)
        for act in self.yearly.acts_on(day):
            act(self._next_moment(day))
        self._deliver(self._moment(day, POSTED_AGAIN))

    def _sweep(self, morning: datetime) -> None:
        """Let time fire, as the machine does: after too long a stop every escalation waits for a person."""
        rules = self.office.rulebook
        most = rules.policy.confirm_after_gap
        gap = clock_gap(self.swept, morning, rules.calendar, rules.zone, most, by_clock=True)
        self.office.sweeps.sweep(morning, morning, clock_gap=gap)
        self.office.obligation_sweeps.sweep(morning, morning)
        self.swept = morning

    def _moment(self, day: date, hour: time) -> datetime:
        return min(datetime.combine(day, hour, self.office.settings.tz), self.now)

    def _next_moment(self, day: date) -> datetime:
        """Return when the next thing of the day is done: three minutes after the last."""
        self.done_today += 1
        begun = datetime.combine(day, BEGUN, self.office.settings.tz)
        return min(begun + timedelta(minutes=3 * self.done_today), self.now)

    def _deliver(self, at: datetime) -> None:
        deliver(self.office.database, self.channels, at, self.office.rounds.manner())

    # --- what people do ------------------------------------------------------------------------------------------

    def _filled(self, data: Mapping[str, Any], actor: Actor, at: datetime) -> dict[str, Any]:
        """Return the data with its placeholders filled in; the files that it names are brought by who acts."""
        named = [name for name in self.script.files if f"{{file:{name}}}" in str(data)]
        filled: dict[str, Any] = self.script.filled(dict(data), {name: self._kept(name, actor, at) for name in named})
        return filled

    def _kept(self, name: str, actor: Actor, at: datetime) -> str:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_text(self.script.files[name], "utf-8")
            return evidence.keep(self.office.database, self.office.settings.home, path, actor.user, at)

    def _take(self, case: CaseScript, step: ScriptedStep, at: datetime) -> None:
        actor = self.staff.actor(step.by, case.unit)
        data = self._filled(step.data, actor, at)
        if step.what != "act":
            self._take_document(case, step, actor, data, at)
        elif step.which == Act.REGISTER_FINDING:
            command = Command(act=Act.REGISTER_FINDING, actor=actor, on=step.on, data=self._finding(case))
            self.case_ids[case.place] = self.office.desk.open(command, at).case.id
        elif step.which == Act.ADOPT_CLUE:
            done = self.office.clues.adopt(self.clue_ids[case.clue - 1], self._finding(case), step.on, actor, at)
            self.case_ids[case.place] = done.case.id
        else:
            second = self.staff.actor(step.sign, case.unit) if step.sign else None
            self._enter(self.case_ids[case.place], Act(step.which), actor, step.on, data, at, second)

    def _finding(self, case: CaseScript) -> dict[str, Any]:
        unit = self.script.units[case.unit]
        number = f"{self.office.settings.series}〔{case.opened_on.year}〕{FIRST_NUMBER + case.place}号"
        who = {"unit": unit.name, "unit_kind": unit.kind, "post": unit.head, "liaison": unit.liaison}
        return {**who, "number": number, **case.finding}

    def _enter(  # into which case, which act, by whom, of which day, with what, when, and who signs it
        self, case_id: int, act: Act, actor: Actor, on: date, data: dict[str, Any], at: datetime, second: Actor | None
    ) -> Done:
        done = self.office.desk.do(Command(act=act, actor=actor, on=on, data=data, case_id=case_id), at)
        if second is None:
            return done
        return self.office.desk.do(Command(act=Act.COUNTERSIGN, actor=second, on=on, data={}, case_id=case_id), at)

    def _take_document(
        self, case: CaseScript, step: ScriptedStep, actor: Actor, data: dict[str, Any], at: datetime
    ) -> None:
        documents, key = self.office.documents, (case.place, step.which)
        if step.what == "draft":
            made = documents.draft(self.case_ids[case.place], step.which, data, actor, step.on, at)
            self.documents[key] = made.kept.id
            return
        id_ = self.documents[key]
        match step.what:
            case "submit":
                documents.submit(id_, actor, step.on, at)
            case "sign_document":
                documents.sign(id_, actor, step.on, at)
            case "issue":
                documents.issue(id_, actor, step.on, at)
            case _:
                documents.serve(id_, actor, step.on, at, way="system", signed_by=step.signed_by)

    def _raise_clue(self, clue: ClueScript, at: datetime) -> None:
        step, unit = clue.raised, self.script.units[clue.unit]
        actor = self.staff.actor(step.by, clue.unit)
        raised = self.office.clues.raise_clue(
            ClueSource(clue.source), unit.name, clue.text, step.on, actor, at, duty=clue.duty
        )
        self.clue_ids.append(raised.id)

    def _dismiss_clue(self, place: int, step: ScriptedStep, _at: datetime) -> None:
        actor = self.staff.actor(step.by, "")
        self.office.clues.dismiss(self.clue_ids[place], step.data["reason"], step.on, actor)

    def _praise(self, day: date, at: datetime) -> None:
        room, director, leader = (
            self.office.commendations,
            self.staff.actor("zhouming", ""),
            self.staff.actor("leader", ""),
        )
        given, waiting = self.script.units["baishi-mzj"], self.script.units["baishi-jyj"]
        first = room.propose(given.name, given.head, "主动公开整改台账，经验在全市推广", day, director, at)
        number = self.office.settings.series.removesuffix("案")
        room.commend(first.id, f"{number}〔{day.year}〕表1号", day, leader, at)
        room.propose(waiting.name, "", "整改举一反三，完善了校外培训执法制度", day, director, at)

    def _rank(self, day: date, at: datetime) -> None:
        """Compute the year's ranking and send it to the units; the leader has not approved it yet."""
        director = self.staff.actor("zhouming", "")
        self.office.rankings.compute(day.year, day, director, at)
        self.office.rankings.announce(day.year, day, director, at)

    def _propose_a_policy(self, at: datetime) -> None:
        """Propose another policy for all open cases; the leader has not decided on it yet."""
        told = self.script.proposed
        file = find_policy(told["policy"])
        self.office.policy_change.propose(read_policy(file), file.read_text("utf-8"), How.RECOMPUTE, told["by"], at)

    # --- the ledger ----------------------------------------------------------------------------------------------

    def _take_over_the_ledger(self, at: datetime) -> None:
        """Take over what of the ledger has been served by this day; the rows ahead are refused, those before known."""
        import_ledger(self.office.desk, LEDGER, duty_ids(), at, user="liufang", served=True)

    def _work_on_the_ledger(self, day: date) -> None:
        for place, number, rung in self._rows():
            case = self._case(number)
            if case is None or case.entered_on >= day:
                continue
            habit = to_do(case, rung, day, self.script.calendar)
            unit = self.by_unit.get(case.unit, "")
            if habit is None or (habit.by == "liaison" and place not in self.script.ledger):
                continue
            data = dict(habit.data)
            second = self.staff.actor(habit.sign, unit) if habit.sign else None
            actor = self.staff.actor(habit.by, unit)
            self._enter(case.id, habit.act, actor, day, data, self._next_moment(day), second)

    def _rows(self) -> list[tuple[int, str, str]]:
        series = self.office.settings.series
        return [
            (place, f"{series}〔2026〕{place}号", self.script.ledger.get(place, ""))
            for place in range(1, FIRST_NUMBER + 1)
        ]

    def _case(self, number: str) -> Case | None:
        with self.office.database.reading() as session:
            if not cases.known(session, number, None):
                return None
            return personal_data.shown(session, cases.get(session, cases.find(session, number)).case)
