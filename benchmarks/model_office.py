"""An office with real cases of nearly five years, and all that an office keeps beside cases; copied by `benchmarks.copies`.

Every case here was opened, acted on and swept through the product's own rooms, each on its day, so that closed ones of
earlier years and open ones of this year stand beside each other as in an office that has used the program all the time.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from states.case import Actor
from states.command import Command
from states.errors import Problem
from states.lifecycle import default_role
from states.vocabulary import Act, Phase, Role, State
from store import accounts, cases, organisation, unit_posts
from store.organisation import kind_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from states.case import Case
    from wiring import Office

ZONE: Final = ZoneInfo("Asia/Shanghai")
COUNTIES: Final = 20
MODELS: Final = 400
"""How many cases are worked on for real; the rest are copies of these."""
AT_ONCE: Final = 20
"""So many models stand in one block, of about three months, and are copied together."""
FIRST: Final = date(2022, 1, 4)
LAST: Final = date(2026, 11, 26)
PEOPLE: Final = {
    "officer": (Role.HANDLER, ""),
    "director": (Role.DIRECTOR, ""),
    "leader": (Role.LEADER, ""),
    "auditor": (Role.AUDITOR, ""),
    "county": (Role.DIRECTOR, "第1县督查室"),
    "head": (Role.HEAD, "第1县人民政府"),
    "liaison": (Role.LIAISON, "第1县第0局"),
    "admin": (Role.ADMINISTRATOR, ""),
    "security": (Role.SECURITY_ADMINISTRATOR, ""),
    "audit_admin": (Role.AUDIT_ADMINISTRATOR, ""),
}
"""Who asks for pages. The director of a county watches over a twentieth of all units, and its head answers for them."""
WHAT: Final = (
    *("行政复议决定", "消防通道", "年度工作计划", "学校食堂", "河道排污口"),
    *("执法案卷", "公文公开", "信访事项", "危险房屋", "采购合同"),
)
HOW: Final = (
    "没有按期履行",
    "被占用未整改",
    "未列入法治建设内容",
    "没有台账",
    "检查流于形式",
    "答复超过期限",
    "缺少签字",
)
WHERE: Final = ("城东", "城西", "开发区", "老街", "新区", "镇政府", "机关", "窗口", "工地", "仓库", "医院")
_DUTIES: Final = {
    "department": ("art7-1a", "art7-3"),
    "government": ("art6-2a", "art6-4", "art6-1b"),
    "party_committee": ("art5-4b",),
    "township": ("art6-2a",),
    "village": ("art5-7b",),
}
_OPEN_SINCE: Final = date(2026, 3, 1)
"""Cases opened before are closed by now, however late their units were."""


def moment(on: date, hour: int = 9) -> datetime:
    """Return the hour of the day, in the office's zone."""
    return datetime.combine(on, time(hour), ZONE)


def finding(n: int) -> str:
    """Return a finding of some forty characters; some words are in many, some in few, one number in one model only."""
    parts = (WHERE[n % len(WHERE)], WHAT[n % len(WHAT)], HOW[n % len(HOW)])
    return f"{'，'.join(parts)}；经第{n}次抽查，责任人未作说明，问题仍然存在，要求限期改正并报告结果。"


def found_units(session: Session, office: str, units: int) -> None:
    """Put so many units into the organisation: twenty counties, each with its departments and towns."""
    unit_posts.ensure_office(session, office)
    city_party = organisation.ensure_unit(session, "中共清江市委", "party_committee").id
    city = organisation.ensure_unit(session, "清江市人民政府", "government").id
    for nth in range(COUNTIES):
        party = organisation.ensure_unit(session, f"第{nth}县委", "party_committee", city_party).id
        county = organisation.ensure_unit(session, f"第{nth}县人民政府", "government", city).id
        for place in range(units // COUNTIES - 2):
            if place % 3 != 2:  # noqa: PLR2004  # two departments to each town
                organisation.ensure_unit(session, f"第{nth}县第{place}局", "department", county)
            else:
                organisation.ensure_unit(session, f"第{nth}县第{place}街道办事处", "township", party)


def employ(session: Session, office: str) -> None:
    """Let everybody be there; and a head for each post of a unit's head, since the beginning."""
    for name, (role, unit) in PEOPLE.items():
        is_office = unit.endswith("督查室")
        unit_id = organisation.ensure_unit(session, unit or office, "office" if is_office else "").id
        if is_office:
            county = organisation.unit_by_name(session, unit.removesuffix("督查室") + "人民政府").id
            organisation.place_unit(session, unit_id, county)
        accounts.add_person(session, name, name, role, unit_id)
        accounts.give_token(session, name, sha256(secrets.token_bytes()).hexdigest())
        accounts.set_password(session, name, "none", must_change=False)


def appoint_heads(session: Session) -> None:
    """Appoint somebody to each head's post; the county's own head is who asks for its pages."""
    heads = [
        (unit.id, post)
        for unit in organisation.unit_tree(session)
        for post in unit_posts.head_posts(session, unit.name)
    ]
    for unit_id, post in heads:
        name = organisation.unit_by_id(session, unit_id).name
        username = "head" if name == PEOPLE["head"][1] else f"head{unit_id}"
        if username != "head":
            accounts.add_person(session, username, f"负责人{unit_id}", Role.HEAD, unit_id)
        person_id = accounts.person_id(session, username)
        unit_posts.appoint(session, unit_posts.find_post(session, name, post), person_id, FIRST)


def unit_of(n: int, units: int) -> str:
    """Return in which unit the model is: in each county by turns, a fifth of them in the county's own offices."""
    county, place = n % COUNTIES, (n // COUNTIES) % (units // COUNTIES - 1)
    if place == 0:
        return f"第{county}县人民政府"
    place -= 1
    return f"第{county}县第{place}{'街道办事处' if place % 3 == 2 else '局'}"  # noqa: PLR2004  # as `found_units`


class Years:
    """Lets the models live, day after day."""

    def __init__(self, office: Office, units: int) -> None:
        """Begin with no case."""
        self.office, self.units = office, units
        self.open: dict[int, int] = {}

    def live(self) -> None:
        """Open a model every few days, act in those that are open, and let time act once a day."""
        days, opened = (LAST - FIRST).days, 0
        for place in range(days + 1):
            on = FIRST + timedelta(days=place)
            while opened * days < place * MODELS and opened < MODELS:
                self._open(opened, on)
                opened += 1
            if self.open and on.weekday() < 5:  # noqa: PLR2004  # on weekends nobody works
                self.office.sweeps.sweep(moment(on), moment(on))
                self._act(on)

    def _open(self, n: int, on: date) -> None:
        unit = unit_of(n, self.units)
        duties = _DUTIES[kind_of(unit)]
        data = {
            "unit": unit,
            "post": f"{unit}主要负责人",
            "duty": duties[n % len(duties)],
            "inspection": "regular",
            "finding": finding(n),
            "number": f"基准〔{on.year}〕{n}号",
        }
        actor = Actor(user="officer", role=Role.HANDLER)
        command = Command(act=Act.REGISTER_FINDING, actor=actor, on=on, data=data)
        self.open[self.office.desk.open(command, moment(on)).case.id] = n

    def _act(self, on: date) -> None:
        with self.office.database.reading() as session:
            found = {id_: stored.case for id_, stored in cases.many(session, list(self.open)).items()}
        for id_, case in found.items():
            with suppress(Problem):  # what the rules do not let be done on this day is not done
                self._step(case, on, self.open[id_] % 10)
            if not case.is_open and not case.running:
                self.open.pop(id_, None)

    def _step(self, case: Case, on: date, kind: int) -> None:
        if case.unsigned is not None:
            self._do(case, Act.COUNTERSIGN, on, user="second")
        elif case.state is State.FOUND:
            self._decide(case, on, kind)
        elif not case.is_open:
            self._afterwards(case, on)
        elif case.state is State.ORDERED and self.open[case.id] % 40 == 1:
            self._do(
                case,
                Act.TRANSFER,
                on,
                receiver="纪委",
                reason="涉嫌违纪",
                document_number=f"移〔{on.year}〕{case.id}号",
            )
        elif case.phase is Phase.TO_BE_PUBLISHED:
            self._do(case, Act.PUBLISH_CRITICISM, on)
        elif case.verified_on is not None:
            self._do(case, Act.APPROVE_CLOSURE, on)
        elif case.report_on is not None:
            if (on - case.report_on).days > 5:  # noqa: PLR2004  # days of verifying
                self._do(case, Act.VERIFY_PASS, on, verifiers=["陈立", "何静"])
        else:
            self._answer(case, on, kind)

    def _decide(self, case: Case, on: date, kind: int) -> None:
        """Let one finding in ten prove to be none, and all others lead to an order."""
        age = (on - case.opened_on).days
        if kind == 0 and age > 4:  # noqa: PLR2004  # days of looking into it
            self._do(case, Act.DISMISS, on, reason="经核实不属实")
        elif kind and age > 8:  # noqa: PLR2004  # the same
            self._do(case, Act.SERVE_ORDER, on, term="15wd", authorization_note="经市委同意")

    def _afterwards(self, case: Case, on: date) -> None:
        if case.state is State.CLOSED and (on - case.entered_on).days > 80:  # noqa: PLR2004  # days until somebody looks again
            self._do(case, Act.LOOK_BACK_PASS, on, verifiers=["陈立"])

    def _answer(self, case: Case, on: date, kind: int) -> None:
        """Let most units report in time, some only after they were criticized, and some of this year not at all."""
        line = case.deadline("rectification")
        if case.state is State.CRITICIZED and not case.helps and (on - case.entered_on).days > 9:  # noqa: PLR2004  # days
            self._do(case, Act.RECORD_HELP, on, what="上门指导建立台账", helpers=["赵敏"])
        elif line is not None and (line.due_on - on).days <= 4:  # noqa: PLR2004  # days before the last
            late = kind in (6, 7) or (kind == 8 and case.opened_on < _OPEN_SINCE)  # noqa: PLR2004  # three in ten
            if kind < 6 or kind == 9 or (late and case.state is not State.ORDERED):  # noqa: PLR2004  # the others
                self._do(case, Act.SUBMIT_REPORT, on, note="整改事项已全部完成，佐证附后", signed_by="主要负责人")

    def _do(self, case: Case, act: Act, on: date, *, user: str = "", **data: Any) -> None:  # as entered
        role = (
            case.unsigned.role
            if act is Act.COUNTERSIGN and case.unsigned is not None
            else default_role(act, case.state)
        )
        who = {Role.HANDLER: "officer"}.get(role, role.value)
        actor = Actor(user=user or who, role=role)
        self.office.desk.do(Command(act=act, actor=actor, on=on, data=data, case_id=case.id), moment(on, 10))
