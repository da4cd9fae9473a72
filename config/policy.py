"""Policies: TOML files, read strictly. A misspelt rule is refused, never ignored."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from config.policy_file import PolicyFile
from config.policy_meaning import is_said, meaning_hash
from config.shapes import MISSING_KEY, UNKNOWN_KEY, shape_trouble
from states.commitments import FIELDS_THAT_MAY_BE
from states.errors import BadPolicy, BadTerm, Sentence
from states.file_trouble import content_trouble
from states.policy import ExtensionRule, Limit, Mode, OnMissed, Policy, Practice, Reminder, Rung
from states.terms import Term, Unit
from states.vocabulary import PERSONS_ACTS, RUNGS, Act, State, name

if TYPE_CHECKING:
    from config.policy_file import PersonalKeys, PracticeKeys, RungKeys

FOLDER: Final = Path(__file__).parent / "policies"
LIMITS: Final = (
    "decision",
    "plan",
    "plan_return",
    "verification",
    "objection",
    "review_decision",
    "publication",
    "interview",
    "minutes",
    "accountability_proposal",
    "appeal",
    "appeal_decision",
    "look_back",
    "extension_answer",
    "suspension_review",
    "tolerance_acceptance",
    "tolerance_decision",
)
LATER_LIMITS: Final = ("service", "transfer_letter", "transfer_answer", "countersignature")
"""Limits that policies of before did not have; `states.effects.deadlines` says what holds without them."""
PARTIES: Final = frozenset(
    {
        "liaison",
        "head",
        "office",
        "handler",
        "director",
        "leader",
        "superior",
        "discipline",
        "organization",
        "approvers",
    }
)
NOTICES: Final = frozenset(
    {
        "order_served",
        "reminder",
        "reminder_near",
        "due_today",
        "overdue",
        "red",
        "escalated",
        "criticism",
        "interview_held",
        "minutes",
        "accountability_proposed",
        "accountability_recorded",
        "transferred",
        "closed",
        "extension",
        "suspension",
        "resumed",
        "plan_returned",
        "report_received",
        "verified",
        "verify_failed",
        "help_recorded",
        "reopened",
        "proposal_waiting",
        "escalation_blocked",
        "deadline_redated",
        "office_task",
    }
)


LATER_NOTICES: Final = frozenset(
    {
        "assigned",
        "blocked_again",
        "countersign_waiting",
        "delisted",
        "dismissed",
        "interview_notice",
        "late_entry",
        "late_entry_stands",
        "listed",
        "merged",
        "no_accountability",
        "office_overdue",
        "office_overdue_again",
        "plan_accepted",
        "registered",
        "review_decided",
        "tolerance_decided",
        "urged",
        "withdrawn",
    }
)
"""Notices that policies of before did not have; `notifications.plan` says who hears them without."""


_BAD: Final = Sentence("政策文件 {path}：{key}：{reason}", "Policy file {path}: {key}: {reason}")
_SAID: Final = Sentence("{why}。", "{why}.")
_UNREADABLE: Final = Sentence("读不出文件（{why}）。", "the file cannot be read ({why}).")
_NO_TOML: Final = Sentence("不是 TOML：{why}。", "is not TOML: {why}.")
_NO_FILE: Final = Sentence(
    "找不到政策“{name}”：既不是文件，也不在 {folder} 中（现有：{known}）。",
    "There is no policy “{name}”: it is neither a file nor in {folder} (which has: {known}).",
)


def read_policy(path: Path) -> Policy:
    """Return the policy written in the TOML file at `path`.

    Raises:
        BadPolicy: the file is missing, is not TOML, has a key that is not known, or makes no sense; the sentence names
            the file, the key and the reason.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(path, "—", _UNREADABLE.fill(why=content_trouble(error))) from error
    return parse_policy(text, path)


_BEYOND_READING: Final = Sentence(
    "含有过长的数字或过深的嵌套，不是政策文件。", "has numbers too long or tables too deep for a policy file."
)


def parse_policy(text: str, path: Path) -> Policy:
    """Return the policy in `text`; `path` is only for the sentences.

    Raises:
        BadPolicy: as `read_policy`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(path, "—", _NO_TOML.fill(why=content_trouble(error))) from error
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits and tables within thousands of tables: Python refuses both, each its own way.
        raise _bad(path, "—", _BEYOND_READING) from error
    try:
        file = PolicyFile.model_validate(content)
    except ValidationError as error:
        key, why = shape_trouble(error.errors())
        raise _bad(path, key, _SAID.fill(why=why)) from error
    return _policy(file, path)


def find_policy(wanted: str) -> Path:
    """Return the file of a policy that is named or given as a path.

    Raises:
        BadPolicy: there is none.
    """
    for path in (Path(wanted), FOLDER / f"{wanted}.toml"):
        if path.is_file():
            return path
    known = "、".join(sorted(path.stem for path in FOLDER.glob("*.toml")))
    raise BadPolicy(_NO_FILE.fill(name=wanted, folder=FOLDER, known=known))


def _bad(path: Path, key: str, reason: Sentence) -> BadPolicy:
    return BadPolicy(_BAD.fill(path=path, key=key, reason=reason))


def _term(path: Path, key: str, text: str) -> Term:
    try:
        return Term.parse(text)
    except BadTerm as error:
        raise _bad(path, key, error.sentence) from error


def _working_days(path: Path, key: str, text: str) -> int:
    term = _term(path, key, text)
    if term.unit is not Unit.WORKING_DAY:
        raise _bad(path, key, Sentence("须以工作日计，例如 5wd。", "must be in working days, such as 5wd."))
    return term.amount


def _policy(file: PolicyFile, path: Path) -> Policy:
    _check_names(file, path)
    rungs = {State(word): _rung(State(word), rung, path) for word, rung in file.rungs.items()}
    _check_ladder(rungs, path)
    if file.sending.from_ >= file.sending.until:
        reason = Sentence("发送时段的开始须早于结束。", "the window must begin before it ends.")
        raise _bad(path, "sending.from", reason)
    draft: dict[str, Any] = {
        "name": file.name,
        "title_zh": file.title_zh,
        "title_en": file.title_en,
        "rungs": rungs,
        "limits": {
            word: Limit(term=_term(path, f"limits.{word}.term", limit.term), basis=limit.basis)
            for word, limit in file.limits.items()
        },
        "audience": {word: tuple(parties) for word, parties in file.audience.items()},
        "window_from": file.sending.from_,
        "window_until": file.sending.until,
        "fire_at": file.sending.fire_at,
        "grace": file.lateness.grace,
        "helps": file.help.records,
        "verifiers": file.verification.verifiers,
        "verifiers_named": file.verification.named,
        "criticism_needs_approval": file.approval.criticism,
        "interview_needs_approval": file.approval.interview,
        "interview_notice": file.approval.interview_notice,
        "remind_approvers_after": file.approval.remind_after,
        "extension": ExtensionRule(
            ask_before=file.extension.ask_before, cap=file.extension.cap, times=file.extension.times
        ),
        "review_holds_criticism": file.holds.review_holds_criticism,
        "extension_holds_escalation": file.holds.extension,
        "suspension_by_director": file.approval.suspension_by_director,
        "give_up_after_hours": file.sending.give_up_after_hours,
    }
    if file.personal is not None:
        draft |= _personal(file.personal, path)
    if file.practice is not None:
        draft |= {"practice": _practice(file.practice, path)}
    if file.safety is not None:
        days = _working_days(path, "safety.confirm_after_gap", file.safety.confirm_after_gap)
        draft |= {"confirm_after_gap": days}
    if file.burden is not None:
        draft |= {"contacts_per_month": file.burden.contacts_per_month}
    return Policy(hash=meaning_hash({key: value for key, value in draft.items() if is_said(key, value)}), **draft)


def _practice(given: PracticeKeys, path: Path) -> Practice:
    for act in given.countersigned:
        if act not in PERSONS_ACTS or act in (Act.COUNTERSIGN, Act.REFUSE_COUNTERSIGN):
            reason = Sentence(f"“{name(act).zh}”不能列为须会签的事项。", f"“{name(act).en}” cannot be countersigned.")
            raise _bad(path, "practice.countersigned", reason)
    if given.office_red < given.office_yellow:
        reason = Sentence("红灯不能早于黄灯。", "the red light cannot come before the yellow one.")
        raise _bad(path, "practice.office_red", reason)
    return Practice(**(given.model_dump() | {"countersigned": tuple(given.countersigned)}))


def _personal(given: PersonalKeys, path: Path) -> dict[str, Any]:
    for word in given.fields:
        if word not in FIELDS_THAT_MAY_BE:
            may = "、".join(sorted(FIELDS_THAT_MAY_BE))
            reason = Sentence(
                "“{word}”不能列为个人信息（可列：{may}）。",
                "“{word}” cannot be kept as personal data; these can: {may}.",
            )
            raise _bad(path, "personal.fields", reason.fill(word=word, may=may))
    retention = {"retention": _term(path, "personal.retention", given.retention)} if given.retention else {}
    return {"personal": frozenset(given.fields), **retention}


def _check_names(file: PolicyFile, path: Path) -> None:
    """Refuse rungs, limits, notices and parties that are unknown or missing."""
    for key, given, known, needed in (
        ("rungs", file.rungs, {state.value for state in RUNGS}, {state.value for state in RUNGS}),
        ("limits", file.limits, {*LIMITS, *LATER_LIMITS}, set(LIMITS)),
        ("audience", file.audience, {*NOTICES, *LATER_NOTICES}, set(NOTICES)),
    ):
        for word in given:
            if word not in known:
                raise _bad(path, f"{key}.{word}", _SAID.fill(why=UNKNOWN_KEY))
        for word in sorted(needed):
            if word not in given:
                raise _bad(path, f"{key}.{word}", _SAID.fill(why=MISSING_KEY))
    for word, parties in file.audience.items():
        for party in parties:
            if party not in PARTIES:
                listed = "、".join(sorted(PARTIES))
                reason = Sentence(f"没有“{party}”这一方；可用：{listed}。", f"no party “{party}”; there are: {listed}.")
                raise _bad(path, f"audience.{word}", reason)


def _rung(state: State, rung: RungKeys, path: Path) -> Rung:
    key = f"rungs.{state}"
    days = [reminder.days_before for reminder in rung.reminders]
    if days != sorted(set(days), reverse=True):
        reason = Sentence(
            "提醒须按提前天数从大到小排列，不得重复。",
            "reminders must go from many days before to few, without repeats.",
        )
        raise _bad(path, f"{key}.reminders", reason)
    if rung.red < rung.yellow:
        reason = Sentence("红灯不能早于黄灯。", "the red light cannot come before the yellow one.")
        raise _bad(path, f"{key}.red", reason)
    follow = rung.on_missed
    return Rung(
        term=_term(path, f"{key}.term", rung.term),
        basis=rung.basis,
        reminders=tuple(Reminder(line.days_before, line.light) for line in rung.reminders),
        yellow=rung.yellow,
        red=rung.red,
        on_missed=OnMissed(
            after=_working_days(path, f"{key}.on_missed.after", follow.after),
            move=follow.move,
            mode=follow.mode,
            approvers=tuple(follow.approvers),
        )
        if follow
        else None,
    )


def _check_ladder(rungs: dict[State, Rung], path: Path) -> None:
    """Refuse a ladder that skips a rung, goes down, holds accountable by itself, or cannot be climbed to its end."""
    for state, following in zip(RUNGS, (*RUNGS[1:], None), strict=True):
        follow = rungs[state].on_missed
        key = f"rungs.{state}.on_missed"
        if follow is None:
            if following is not None:
                reason = Sentence(
                    f"缺少这一项，“{name(following).zh}”将永远不会到达。",
                    f"this key is missing, so “{name(following).en}” could never be reached.",
                )
                raise _bad(path, key, reason)
            continue
        if follow.move is not following:
            expected = name(following) if following else Sentence("无", "nothing")
            reason = Sentence(
                f"不能升级到“{name(follow.move).zh}”，下一级是“{expected.zh}”。",
                f"cannot move to “{name(follow.move).en}”; the next rung is “{expected.en}”.",
            )
            raise _bad(path, f"{key}.move", reason)
        if follow.move is State.HELD and follow.mode is Mode.AUTOMATIC:
            reason = Sentence(
                '问责由有管理权限的党组织决定，系统只能建议（mode = "propose"）。',
                'holding accountable is decided by the body that manages the cadre; use mode = "propose".',
            )
            raise _bad(path, f"{key}.mode", reason)
