"""The pages: drawn on the server, of use without JavaScript, on the same desk and through the same sight."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from audit.differences import differences
from states.acts import DEADLINES, NAMES, PERSONS_ACTS, SPINE, Act, Kind, Light, State, name
from states.case import Case, evolve, fold, sealed_for
from states.errors import BadTerm, NotPermitted, Problem, Sentence
from states.fields import FIELDS
from states.guards import Ask
from states.lifecycle import allowed
from states.terms import Term, date_text, due, parse_date, trace
from store import cases, owed, proofs, sessions, sight
from web.api import CaseId, event_for, once_of
from web.asking import COOKIE, actor_of, clean_query, reader_of, seen_by, status_of
from web.visit import AUDITORS, EXPIRED, OPENERS, Here, Visit, gate
from wiring import now

if TYPE_CHECKING:
    from states.case import Deadline
    from states.terms import Calendar
    from store.cases import Recorded, Stored
    from store.requests import Once

PAGE: Final = 50
SOON: Final = 3
_DONE: Final = Sentence("已办理：{act}。", "Done: {act}.")
_VERIFIED: Final = Sentence("校验通过：{n}条事件。", "Verified: {n} events.")
_NOT_VERIFIED: Final = Sentence("校验不通过：{wrong}", "Not verified: {wrong}")
_HEALTH: Final = Sentence(
    "全部{n}个在办期限都有下一步；最近一次扫描 {at}；漏触发 {missed}。",
    "All {n} open deadlines have a next step; last sweep {at}; {missed} missed.",
)
_NO_AUDIT: Final = Sentence("您没有审计权限。", "The audit pages are not for your role.")
_INSPECTIONS: Final = (
    ("regular", "定期检查", "regular inspection"),
    ("special", "专项督查", "special inspection"),
    ("unannounced", "实地暗访", "unannounced visit"),
)

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/login")
def login_page(visit: Here) -> Response:
    """Ask who comes."""
    return visit.page("login.html")


@router.post("/login")
def log_in(visit: Here) -> Response:
    """Let somebody in."""
    try:
        token = visit.here.log_in(visit.form.get("username", ""), visit.form.get("password", ""), now())
    except Problem as problem:
        return visit.page("login.html", status=403, wrong=problem.sentence.text(visit.lang))
    answer = RedirectResponse("/", 303)
    secure = visit.request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer


@router.post("/logout")
def log_out(visit: Here) -> Response:
    """End the session, here and on the server."""
    with visit.here.database.transaction() as session:
        sessions.end(session, visit.request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/password")
def password_page(visit: Here) -> Response:
    """Ask for another password."""
    return visit.page("password.html") if visit.me else RedirectResponse("/login", 303)


@router.post("/password")
def change_password(visit: Here) -> Response:
    """Take another password; whoever was logged in with the old one is out."""
    person = visit.person
    try:
        visit.here.change_password(person.username, visit.form.get("old", ""), visit.form.get("new", ""), now())
    except Problem as problem:
        return visit.page("password.html", status=422, wrong=problem.sentence.text(visit.lang))
    return RedirectResponse("/login", 303)


def _rows(visit: Visit, found: list[Stored]) -> list[dict[str, Any]]:
    today, calendar = visit.here.today(now()), visit.here.archive.calendar
    return [
        {
            "case": sealed_for(item.case, None),
            "left": calendar.working_days_between(today, item.case.next_due_on) if item.case.next_due_on else None,
        }
        for item in found
    ]


@router.get("/")
def desk_page(visit: Here) -> Response:
    """Show what there is to do."""
    first = gate(visit)
    if first is not None:
        return first
    today, calendar = visit.here.today(now()), visit.here.archive.calendar
    reader = reader_of(visit.person)
    after_soon = date.fromordinal(calendar.forward(today, SOON).toordinal() + 1)
    with visit.here.database.reading() as session:
        near = sight.listed(session, reader, sight.Filter(due_before=after_soon), limit=200, by_due=True)
        asked = sight.listed(session, reader, sight.Filter(waiting=True), limit=200)
        counts = [(state, n) for state, n in sight.by_state(session, reader).items() if n or state in SPINE]
    late = [item for item in near if item.case.next_due_on is not None and item.case.next_due_on < today]
    soon = [item for item in near if item not in late]
    mine = [item for item in asked if visit.person.role.value in item.case.approvers]
    health = visit.here.health(now()) if visit.person.role in (*OPENERS, *AUDITORS) else None
    line = ""
    if health is not None:
        swept = health.last_sweep_at
        at = swept.astimezone(visit.here.settings.tz).strftime("%Y-%m-%d %H:%M") if swept else "—"
        line = _HEALTH.fill(n=health.open_deadlines, at=at, missed=health.missed).text(visit.lang)
    return visit.page(
        "desk.html",
        counts=counts,
        waiting=_rows(visit, mine),
        overdue=_rows(visit, late),
        soon=_rows(visit, soon),
        health=line,
    )


@router.get("/cases")
def cases_page(visit: Here) -> Response:
    """List cases; the filters stand in the address."""
    first = gate(visit)
    if first is not None:
        return first
    asked = {key: visit.request.query_params.get(key, "")[:200] for key in ("q", "state", "light", "due_before")}
    wrong, before = "", None
    try:
        before = parse_date(asked["due_before"]) if asked["due_before"] else None
    except BadTerm as problem:
        wrong = problem.sentence.text(visit.lang)
    wanted = sight.Filter(
        state=State(asked["state"]) if asked["state"] in list(State) else None,
        light=asked["light"] if asked["light"] in list(Light) else None,
        due_before=before,
        text=asked["q"].strip() or None,
    )
    after = visit.request.query_params.get("after", "0")
    after_id = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0  # noqa: PLR2004  # 32-bit ids
    reader = reader_of(visit.person)
    with visit.here.database.reading() as session:
        found = sight.listed(session, reader, wanted, after=after_id, limit=PAGE + 1)
        total = sight.counted(session, reader, wanted)
    further = ""
    if len(found) > PAGE:
        kept = {key: value for key, value in asked.items() if value}
        further = "/cases?" + urlencode(kept | {"after": found[PAGE - 1].case.id})
    rows = _rows(visit, found[:PAGE])
    shown: dict[str, Any] = {
        "states": list(State),
        "lights": list(Light),
        "rows": rows,
        "total": total,
        "further": further,
    }
    return visit.page("cases.html", wanted=asked, wrong=wrong, **shown)


@router.get("/cases/{case_id}")
def case_page(case_id: CaseId, visit: Here) -> Response:
    """Show one case: where it stands, what is due and why, what may be done, what happened."""
    return gate(visit) or _case(visit, case_id, said=visit.request.query_params.get("done", ""))


def _case(visit: Visit, case_id: int, *, said: str = "", wrong: str = "", status: int = 200) -> HTMLResponse:
    person, here = visit.person, visit.here
    whole = seen_by(here, person, case_id, "page/case")
    with here.database.reading() as session:
        history = sight.history_of(session, case_id)
        told = owed.told(session, case_id)
        case = sealed_for(whole, person.role)
        policy = here.archive.policy_of(session, case.policy_hash).name
        calendars = {
            line.calendar_hash: here.archive.calendar_of(session, line.calendar_hash) for line in case.deadlines
        }
    asker = Ask(act=Act.ACKNOWLEDGE, actor=actor_of(person), on=here.today(now()), data={})
    may, may_not = here.desk.allowed(case_id, asker)
    tried = visit.form.get("act", "")
    entered: dict[State, date] = {}
    for recorded in history:
        entered.setdefault(recorded.event.to_state, recorded.event.occurred_on)
    act_said = _DONE.fill(act=name(Act(said))).text(visit.lang) if said in list(Act) else ""
    return visit.page(
        "case.html",
        status=status,
        case=case,
        policy=policy,
        spine=SPINE,
        entered=entered,
        deadlines=_deadlines(visit, case, calendars),
        acts=[
            {"act": act, "fields": _fields(act), "open": act.value == tried}
            for act in may
            if act is not Act.REGISTER_FINDING
        ],
        refused=list(may_not.items()),
        events=[_line(recorded, whole, visit, told) for recorded in history],
        said=act_said,
        wrong=wrong,
    )


def _fields(act: Act) -> list[Any]:
    """Return the fields of an act, those first that it cannot do without."""
    return sorted(
        (field for field in FIELDS[act].values() if field.name != "child"), key=lambda field: not field.required
    )


def _deadlines(visit: Visit, case: Case, calendars: dict[str, Calendar]) -> list[dict[str, Any]]:
    today = visit.here.today(now())
    return [
        {
            "label": DEADLINES[line.kind],
            "due_on": line.due_on,
            "provisional": line.provisional,
            "basis": line.basis,
            "left": _left(visit, today, line),
            "counted": f"{date_text(line.started_on, visit.lang)} + {Term.parse(line.term).text(visit.lang)}",
            "trace": trace(line.started_on, Term.parse(line.term), calendars[line.calendar_hash]),
        }
        for line in case.deadlines
    ]


def _left(visit: Visit, today: date, line: Deadline) -> str:
    """Return how many working days are left, or how many it is late; a right that has passed is only over."""
    days = visit.here.archive.calendar.working_days_between(today, line.due_on)
    if days >= 0:
        return f"{days} working day(s) left" if visit.lang == "en" else f"剩{days}个工作日"
    if line.party == "right":
        return "over" if visit.lang == "en" else "已过"
    return f"{-days} working day(s) late" if visit.lang == "en" else f"已逾期{-days}个工作日"


_COMPUTED: Final = frozenset({"starts", "stops", "cycle", "renamed", "paused", "key", "approvers", "late_seconds"})


def _line(recorded: Recorded, case: Case, visit: Visit, told: list[owed.Told]) -> dict[str, Any]:
    """Return an event as this person reads it."""
    shape = event_for(recorded, case, visit.person)
    event = recorded.event
    shown = [
        (_label(event.act, key, visit.lang), _readable(value, visit.lang))
        for key, value in shape["data"].items()
        if key not in _COMPUTED and value not in (False, "", None)
    ]
    return {
        "seq": recorded.seq,
        "case_id": event.case_id,
        "case_seq": event.case_seq,
        "on": event.occurred_on,
        "act": event.act,
        "user": shape["actor"]["user"] or "—",
        "role": event.actor.role,
        "data": shown,
        "told": [
            {"unit": item.unit, "post": item.post, "state": Sentence(*_TOLD[item.state]).text(visit.lang)}
            for item in told
            if item.case_seq == event.case_seq
        ],
    }


_WORDS: Final = {word.value: names for word, names in NAMES.items()}
_TOLD: Final = {"waiting": ("待发", "waiting"), "sent": ("已发", "sent"), "failed": ("未送达", "not delivered")}


def _readable(value: Any, lang: str) -> str:  # noqa: ANN401  # data of an act
    """Return a value of an event as people read it."""
    if value is True:
        return "yes" if lang == "en" else "是"
    if isinstance(value, list):
        return "、".join(_readable(item, lang) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={item}" for key, item in value.items())
    known = _WORDS.get(value) if isinstance(value, str) else None
    return Sentence(*known).text(lang) if known is not None else str(value)


def _label(act: Act, key: str, lang: str) -> str:
    field = FIELDS[act].get(key)
    return Sentence(field.zh, field.en).text(lang) if field is not None else key


@router.post("/cases/{case_id}/acts")
def act_from_page(case_id: CaseId, visit: Here) -> Response:
    """Enter an act from its form; a refusal comes back with the page, and what was typed is not lost."""
    first = gate(visit)
    if first is not None:
        return first
    person = visit.person
    with visit.here.database.reading() as session:
        sight.case(session, reader_of(person), case_id)
    try:
        wanted = visit.form.get("act", "")
        if wanted not in PERSONS_ACTS:
            raise NotPermitted(EXPIRED)
        act = Act(wanted)
        seen = visit.form.get("seen", "")
        ask = Ask(
            act=act,
            actor=actor_of(person),
            on=parse_date(visit.form.get("on", "")),
            data=_data(visit.form, act),
            case_id=case_id,
            seen=int(seen) if seen.isascii() and seen.isdigit() else None,
        )
        visit.here.desk.do(ask, now(), once=_once(visit))
    except Problem as problem:
        return _case(visit, case_id, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{case_id}?done={act.value}", 303)


def _once(visit: Visit) -> Once | None:
    """Return the form as it may be sent twice: a second click does nothing."""
    asked = {key: value for key, value in visit.form.items() if key != "csrf"}
    return once_of(visit.person, visit.form.get("key"), asked)


def _data(form: dict[str, str], act: Act) -> dict[str, Any]:
    """Return the data of an act from a form: what was left empty is left out."""
    data: dict[str, Any] = {}
    for field in FIELDS[act].values():
        text = form.get(f"d.{field.name}", "").strip()
        if not text:
            continue
        match field.kind:
            case Kind.FLAG:
                data[field.name] = True
            case Kind.NUMBER:
                data[field.name] = int(text) if text.isascii() and text.isdigit() else text
            case Kind.TEXTS:
                data[field.name] = [part.strip() for part in text.replace("，", "、").replace(",", "、").split("、")]
            case _:
                data[field.name] = text
    return data


def _step(visit: Visit, name_: str, last: int) -> int:
    """Return the step that the address names, within the history; 0 if it names none."""
    asked = visit.request.query_params.get(name_, "")
    return min(int(asked), last) if asked.isascii() and asked.isdigit() and len(asked) < len(str(10**6)) else 0


@router.get("/cases/{case_id}/replay")
def replay_page(case_id: CaseId, visit: Here) -> Response:
    """Show the case as it stood after one of its events, from its events alone."""
    first = gate(visit)
    if first is not None:
        return first
    person, here = visit.person, visit.here
    whole = seen_by(here, person, case_id, "page/replay")
    with here.database.reading() as session:
        history = sight.history_of(session, case_id)
        told = owed.told(session, case_id)
        step = _step(visit, "step", len(history)) or len(history)
        since = _step(visit, "since", len(history))
        case: Case | None = None
        for recorded in history[:step]:
            case = evolve(case, recorded.event)
        rules = here.rules_at(session, history[step - 1])
        calendars = {line.calendar_hash: rules.calendar for line in (case.deadlines if case else ())}
    if case is None:
        raise AssertionError("a case has at least one event")
    asker = Ask(act=Act.ACKNOWLEDGE, actor=actor_of(person), on=history[step - 1].event.occurred_on, data={})
    may, may_not = allowed(case, asker, rules)
    before = fold(recorded.event for recorded in history[:since])
    return visit.page(
        "replay.html",
        since=since,
        changed=differences(before, case, allowed(before, asker, rules)[0], may) if before else [],
        case=sealed_for(case, person.role, today=whole),
        at=step,
        last=len(history),
        event=_line(history[step - 1], whole, visit, told),
        deadlines=_deadlines(visit, case, calendars),
        may=list(may),
        refused=list(may_not.items()),
    )


@router.get("/new")
def new_page(visit: Here) -> Response:
    """Ask for a finding."""
    return gate(visit) or _new(visit)


_NEW_FIELDS: Final = ("on", "d.unit", "d.post", "d.duty", "d.inspection", "d.finding", "d.term")


def _new(visit: Visit, *, wrong: str = "", status: int = 200) -> HTMLResponse:
    given = {key: visit.form.get(key, "") for key in _NEW_FIELDS}
    shown: dict[str, Any] = {"duties": sorted(visit.here.duties), "inspections": _INSPECTIONS, "given": given}
    return visit.page("new.html", status=status, wrong=wrong, **shown)


@router.post("/new")
def open_from_page(visit: Here) -> Response:
    """Register a finding from its form."""
    first = gate(visit)
    if first is not None:
        return first
    try:
        ask = Ask(
            act=Act.REGISTER_FINDING,
            actor=actor_of(visit.person),
            on=parse_date(visit.form.get("on", "")),
            data=_data(visit.form, Act.REGISTER_FINDING),
        )
        done = visit.here.desk.open(ask, now(), once=_once(visit))
    except Problem as problem:
        return _new(visit, wrong=problem.sentence.text(visit.lang), status=status_of(problem))
    return RedirectResponse(f"/cases/{done.case.id}?done={Act.REGISTER_FINDING.value}", 303)


@router.get("/calculator")
def calculator_page(visit: Here) -> Response:
    """Reckon a deadline, printable, day by day."""
    first = gate(visit)
    if first is not None:
        return first
    start, term = (visit.request.query_params.get(key, "")[:40] for key in ("start", "term"))
    shown: dict[str, Any] = {"start": start, "term": term, "result": None, "trace": ()}
    if start and term:
        try:
            first_day, length = parse_date(start), Term.parse(term)
            calendar = visit.here.archive.calendar
            shown |= {"result": due(first_day, length, calendar), "trace": trace(first_day, length, calendar)}
        except Problem as problem:
            return visit.page("calculator.html", status=422, wrong=problem.sentence.text(visit.lang), **shown)
    return visit.page("calculator.html", **shown)


@router.get("/audit")
def audit_page(visit: Here) -> Response:
    """Show checkpoints, keys and the latest events."""
    return gate(visit) or _audit(visit)


def _audit(visit: Visit, *, said: str = "", wrong: str = "") -> HTMLResponse:
    if visit.person.role not in AUDITORS:
        raise NotPermitted(_NO_AUDIT)
    with visit.here.database.reading() as session:
        kept, keys = proofs.checkpoints(session), proofs.keys(session)
        size = cases.size(session)
        latest = sight.events(session, reader_of(visit.person), after=max(0, size - PAGE))
        known = cases.many(session, {recorded.event.case_id for recorded in latest})
    lines = [_line(recorded, known[recorded.event.case_id].case, visit, []) for recorded in reversed(latest)]
    shown: dict[str, Any] = {"checkpoints": kept[::-1][:PAGE], "keys": keys, "latest": lines}
    return visit.page("audit.html", said=said, wrong=wrong, **shown)


@router.post("/audit")
def verify_from_page(visit: Here) -> Response:
    """Verify the whole history."""
    first = gate(visit)
    if first is not None:
        return first
    if visit.person.role not in AUDITORS:
        raise NotPermitted(_NO_AUDIT)
    verdict = visit.here.verify()
    if verdict.ok:
        return _audit(visit, said=_VERIFIED.fill(n=verdict.events).text(visit.lang))
    return _audit(visit, wrong=_NOT_VERIFIED.fill(wrong=verdict.first_wrong).text(visit.lang))
