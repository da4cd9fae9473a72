"""The guards of closing, merging and listing a case, and of looking back at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from states.guards.condition import Guard, day
from states.terms import Term
from states.vocabulary import OVERLAYS

if TYPE_CHECKING:
    from states.case import Case
    from states.command import Situation


def overlay_names(case: Case) -> str:
    """Return the overlays that keep a case from closing."""
    return "、".join(OVERLAYS[word][0] for word in case.overlays if word in _HOLDING)


_HOLDING: Final = frozenset(
    {
        "suspended",
        "extension_pending",
        "under_review",
        "under_appeal",
        "tolerance_review",
        "listed",
        "to_be_countersigned",
    }
)
NO_OVERLAY: Final = Guard(
    "overlay",
    lambda s: not overlay_names(s.case),
    "还有未了结的事项（{which}），不能销号。",
    "Something is still open ({which}), so the case cannot be closed.",
    lambda s: {
        "which": Sentence(
            overlay_names(s.case), ", ".join(OVERLAYS[word][1] for word in s.case.overlays if word in _HOLDING)
        )
    },
)
SAME_UNIT_OPEN_TARGET: Final = Guard(
    "merge_target",
    lambda s: s.facts.target_is_open and s.facts.target_unit == s.case.unit and s.facts.target_number != s.case.number,
    "只能并入同一单位未办结的另一案件；“{target}”不符合。",
    "A case can only be merged into another open case of the same unit; “{target}” is not one.",
    lambda s: {"target": s.command.data.get("target", "")},
    asks_data=True,
)


def _listing_ends_after_its_day(s: Situation) -> bool:
    named = s.command.data.get("term")
    on = Term.parse(named).on if named else None
    return on is None or on >= s.command.on


LISTING_DAY_IS_AHEAD: Final = Guard(
    "listing_day",
    _listing_ends_after_its_day,
    "挂牌督办的期限早于挂牌日{on}，请核对年份。",
    "The day until which the case is listed lies before its listing on {on}; check the year.",
    lambda s: {"on": day(s.command.on)},
    asks_data=True,
)
IS_LISTED: Final = Guard("not_listed", lambda s: s.case.listed, "案件没有挂牌。", "The case is not listed.")
NOT_LISTED: Final = Guard("listed", lambda s: not s.case.listed, "案件已经挂牌。", "The case is listed already.")
LOOK_BACK_DUE: Final = Guard(
    "no_look_back",
    lambda s: s.case.deadline("look_back") is not None,
    "没有待办的回头看。",
    "No look-back is waiting.",
)
