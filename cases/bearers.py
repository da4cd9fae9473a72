"""Whether a unit bears the duty that a finding cites, asked once, whatever door the finding comes by (ADR 0045)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from config.duties import catalogue_duties
from states.duty import WrongBearer, require_bearer
from states.errors import Sentence
from states.vocabulary import Act
from store import organisation

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from states.case import Event
    from states.command import Command

_FILLED_IN: Final = Sentence(
    "对应条款是按统一设定填入的：{what}", "The duty was filled in for the whole ledger: {what}"
)


def unchecked(session: Session, command: Command, event: Event, *, is_cited: bool) -> list[Sentence]:
    """Return what could not be checked of a finding that is about to be registered.

    A duty of another catalogue is not looked at here: whether it is known at all is a question of the door. One that
    nobody has cited for this finding is remarked where it does not fit, not refused.

    Raises:
        WrongBearer: the finding charges a unit with what is no duty of it.
    """
    cited = catalogue_duties().get(event.data.get("duty", ""))
    if cited is None or event.act is not Act.REGISTER_FINDING:
        return []
    unit = event.data["unit"]
    unit_kind = command.data.get("unit_kind") or organisation.known_kind(session, unit)
    try:
        doubt = require_bearer(cited, unit, unit_kind, event.data["post"])
    except WrongBearer as wrong:
        if is_cited:
            raise
        return [_FILLED_IN.fill(what=wrong.sentence)]
    return [doubt] if doubt is not None else []
