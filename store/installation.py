"""Which installation a database belongs to, and which calendar and policy are in force there.

Several processes on several hosts work on one database. What they have to agree about stands in it, once: the settings
that each of them has to share, and the hashes by which every act goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select, update

from states.errors import Conflict, Sentence
from store.schema.events import LogHeadRow
from store.schema.installation import InstallationRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_CHANGED: Final = Sentence(
    "放假日历或政策在办理期间已更换，没有写入任何内容，请重试。",
    "The calendar or the policy was replaced while this was being worked out. Nothing was written; try again.",
)


class InForce(NamedTuple):
    """The hashes by which acts go: empty where nothing was put in force yet."""

    calendar: str
    policy: str


class RulesChanged(Conflict):
    """An act was worked out by a calendar or a policy that is no longer in force; it was not written."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_CHANGED)


_IN_FORCE: Final = select(LogHeadRow.calendar_hash, LogHeadRow.policy_hash).where(LogHeadRow.id == 1)


def in_force(session: Session) -> InForce:
    """Return what is in force at this moment."""
    row = session.execute(_IN_FORCE).one_or_none()
    return InForce(row[0] or "", row[1] or "") if row is not None else InForce("", "")


def put_in_force(session: Session, *, calendar: str, policy: str) -> None:
    """Let acts go by these from the commit on; those that are being worked out by others are refused.

    Whoever writes the history takes the same row last, so that an act is either wholly before or wholly after this.
    """
    session.execute(
        update(LogHeadRow)
        .where(LogHeadRow.id == 1)
        .values(calendar_hash=calendar, policy_hash=policy)
        .execution_options(synchronize_session=False)
    )


def settings_of(session: Session, *, to_change: bool = False) -> dict[str, str]:
    """Return what the processes of the installation have agreed about, by name.

    `to_change`: whoever else wants to change it waits until this transaction is over, and then reads what came of it.
    """
    wanted = select(InstallationRow).order_by(InstallationRow.name)
    if to_change:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return {row.name: row.value for row in session.scalars(wanted)}


def agree(session: Session, found: Mapping[str, str]) -> None:
    """Write down what is not known yet; the first process decides."""
    for name, value in found.items():
        insert_once(session, InstallationRow, {"name": name, "value": value})


def adopt(session: Session, found: Mapping[str, str]) -> None:
    """Write down what has changed, because the office has decided so."""
    for name, value in found.items():
        session.merge(InstallationRow(name=name, value=value))
