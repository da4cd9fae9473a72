"""The guards of entering: the signature of a second account, late entries, events and marks that an act speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.guards.condition import Guard
from states.vocabulary import Act, Role, name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from states.command import Situation


def _second_person_confirms(s: Situation) -> bool:
    if s.command.act in s.rules.policy.practice.countersigned:
        return True  # the second person signs with a login of his own
    confirms = s.command.data.get("confirmed_by")
    return bool(confirms) and confirms != s.command.actor.user


def same_account(one: str, other: str) -> bool:
    """Say whether two user names are one person: whoever works at the console is one, in whatever role."""
    console = "console/"
    return one == other or (one.startswith(console) and other.startswith(console))


def countersigners(act: Act) -> frozenset[Role]:
    """Return the roles whose accounts may sign this act as the second.

    Source: docs/domain.md §4.2 rows 14, 25, 30, 35.
    """
    return _COUNTERSIGNERS.get(act, frozenset({Role.DIRECTOR, Role.LEADER}))


_COUNTERSIGNERS: Final[Mapping[Act, frozenset[Role]]] = {
    Act.VERIFY_PASS: frozenset({Role.INSPECTOR, Role.HANDLER}),
    Act.VERIFY_FAIL: frozenset({Role.INSPECTOR, Role.HANDLER}),
    Act.LOOK_BACK_PASS: frozenset({Role.INSPECTOR, Role.HANDLER}),
    Act.RECORD_ACCOUNTABILITY: frozenset({Role.ARCHIVIST, Role.DIRECTOR}),
    Act.RECORD_NO_ACCOUNTABILITY: frozenset({Role.ARCHIVIST, Role.DIRECTOR}),
    Act.CORRECT_EVENT: frozenset({Role.DIRECTOR, Role.LEADER, Role.HANDLER}),
}


def _who_may_countersign(s: Situation) -> dict[str, Any]:
    if s.case.unsigned is None:
        return {"act": "", "who": ""}
    roles = sorted(countersigners(s.case.unsigned.act))
    who = Sentence("、".join(name(role).zh for role in roles), " or ".join(name(role).en for role in roles))
    return {"act": name(s.case.unsigned.act), "who": who}


SECOND_PERSON: Final = Guard(
    "second_person",
    _second_person_confirms,
    "须由第二人复核确认，不能由录入人本人确认：请在 confirmed_by 中写明。",
    "A second person must confirm, not the one who enters it; name that person in confirmed_by.",
    asks_data=True,
)
OTHER_MARK: Final = Guard(
    "same_mark",
    lambda s: s.command.data["confidentiality"] != s.case.confidentiality,
    "本案的密级标注已经是“{mark}”，无需更改。",
    "The case is marked “{mark}” already.",
    lambda s: {"mark": name(s.case.confidentiality)},
    asks_data=True,
)
EVENT_EXISTS: Final = Guard(
    "no_event",
    lambda s: 1 <= s.command.data.get("of", s.case.version) <= s.case.version,
    "本案没有第{of}号事项，现有第1至{last}号。",
    "The case has no event {of}; there are 1 to {last}.",
    lambda s: {"of": s.command.data.get("of"), "last": s.case.version},
    asks_data=True,
)
LATE_ENTRY_WAITS: Final = Guard(
    "no_late_entry",
    lambda s: s.case.late_entry == "pending",
    "本案没有待核的补录事项。",
    "Nothing of this case was entered late and waits for a decision.",
)
COUNTERSIGNATURE_WAITS: Final = Guard(
    "no_countersignature",
    lambda s: s.case.unsigned is not None,
    "没有等待会签的事项。",
    "No act waits for a second signature.",
)
THAT_ONE_WAITS: Final = Guard(
    "other_countersignature",
    lambda s: s.case.unsigned is not None and s.command.data.get("of", s.case.unsigned.seq) == s.case.unsigned.seq,
    "等待会签的是第{of}号事项。",
    "The event that waits for a second signature is number {of}.",
    lambda s: {"of": s.case.unsigned.seq if s.case.unsigned else "—"},
    asks_data=True,
)
ANOTHER_ACCOUNT: Final = Guard(
    "same_account",
    lambda s: s.case.unsigned is None or not same_account(s.command.actor.user, s.case.unsigned.user),
    "会签须由另一个账号登录办理，录入人本人不能会签。",
    "The second signature is a login of another account; who entered the act cannot sign it.",
)
MAY_COUNTERSIGN: Final = Guard(
    "countersigner",
    lambda s: s.case.unsigned is None or s.command.actor.role in countersigners(s.case.unsigned.act),
    "“{act}”须由{who}会签。",
    "“{act}” is for {who} to countersign.",
    _who_may_countersign,
)
NOTHING_UNSIGNED: Final = Guard(
    "countersignature_waits",
    lambda s: s.case.unsigned is None or s.command.act not in s.rules.policy.practice.countersigned,
    "“{act}”还在等待会签，会签或不予会签后才能再录入同类事项。",
    "“{act}” still waits for its second signature; sign or refuse it first.",
    lambda s: {"act": name(s.case.unsigned.act) if s.case.unsigned else ""},
)
SIGNED_BEFORE: Final = Guard(
    "countersignature_waits",
    lambda s: s.case.unsigned is None,
    "“{act}”还在等待会签：部分移送后其内容不再属于本案，请先会签或不予会签。",
    "“{act}” still waits for its second signature: sign or refuse it before a part is handed over.",
    lambda s: {"act": name(s.case.unsigned.act) if s.case.unsigned else ""},
)
WORDED_ANEW: Final = Guard(
    "rest",
    lambda s: not s.command.data.get("partial") or bool(s.command.data.get("rest")),
    "部分移送时，请在 rest 中写明本案保留部分的新表述；移送的内容随子案封存。",
    "When a part is handed over, word what stays anew in rest; what is handed over is sealed in the child case.",
    asks_data=True,
)
