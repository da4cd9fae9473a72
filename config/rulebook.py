"""Policies and calendars in force, and every old one that a case still goes by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from config.calendars import load_calendar
from config.policy import find_policy, parse_policy, read_policy
from states.errors import NotFound, Sentence
from states.working_days import Calendar
from store import rulebooks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from states.policy import Policy

_GONE = Sentence(
    "数据库中没有哈希为 {hash} 的政策，历史不完整。",
    "The database holds no policy with the hash {hash}; the history is not whole.",
)


class Archive:
    """The policy and the calendar in force, and the old ones by their hashes."""

    def __init__(self, policy: str, calendar_files: Sequence[Path] = ()) -> None:
        """Read the policy that is named and the calendar files.

        Raises:
            BadPolicy: the policy is missing or makes no sense.
            BadCalendar: a calendar file makes no sense.
        """
        path = find_policy(policy)
        self._text = path.read_text("utf-8")
        self.policy: Policy = read_policy(path)
        self.calendar: Calendar = load_calendar(calendar_files)
        self._policies: dict[str, Policy] = {self.policy.hash: self.policy}
        self._calendars: dict[str, Calendar] = {}
        self._kept: set[str] = set()

    def policy_of(self, session: Session, hash_: str) -> Policy:
        """Return the policy with this hash, from the database unless it was read before.

        Raises:
            NotFound: no such policy was ever kept.
        """
        found = self._policies.get(hash_)
        if found is None:
            kept = rulebooks.policy_text(session, hash_)
            if kept is None:
                raise NotFound(_GONE.fill(hash=hash_[:12]))
            found = parse_policy(kept[1], Path(kept[0]))
            self._policies[hash_] = found
        return found

    def calendar_of(self, session: Session, hash_: str) -> Calendar:
        """Return the calendar with this hash, or the one in force if it was never kept."""
        found = self._calendars.get(hash_) if hash_ != self.calendar.hash else self.calendar
        if found is None:
            text = rulebooks.calendar_text(session, hash_)
            found = Calendar.from_json(text) if text is not None else self.calendar
            self._calendars[hash_] = found
        return found

    def keep(self, session: Session, now: datetime) -> None:
        """Keep the policy and the calendar in force under their hashes, once."""
        if self.policy.hash not in self._kept:
            if rulebooks.policy_text(session, self.policy.hash) is not None:
                self._kept.add(self.policy.hash)
            else:
                # Not remembered as kept before somebody reads it back: this transaction may still fail.
                rulebooks.keep_policy(session, self.policy.hash, self.policy.name, self._text, now)
        if self.calendar.hash not in self._kept:
            if rulebooks.calendar_text(session, self.calendar.hash) is not None:
                self._kept.add(self.calendar.hash)
            else:
                rulebooks.keep_calendar(session, self.calendar.hash, self.calendar.name, self.calendar.to_json(), now)
