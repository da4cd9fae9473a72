"""Policies and calendars in force, and every old one that a case still goes by."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from config.calendars import load_calendar
from config.policy import find_policy, parse_policy, read_policy
from states.errors import BadCalendar, BadPolicy, NotFound, Sentence
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
_OTHER_POLICY = Sentence(
    "数据库中的政策“{name}”已被改动，与其哈希 {hash} 不符；请从备份恢复该政策。",
    "The policy “{name}” in the database was altered and is not the one that its hash {hash} names; restore it from a "
    "backup.",
)
_OTHER_CALENDAR = Sentence(
    "数据库中的日历已被改动，与其哈希 {hash} 不符；请从备份恢复该日历。",
    "A calendar in the database was altered and is not the one that its hash {hash} names; restore it from a backup.",
)


def parsed_policy(hash_: str, name: str, text: str) -> Policy:
    """Return the policy that is kept under this hash.

    Raises:
        BadPolicy: the text is no policy, or one with another meaning.
    """
    found = parse_policy(text, Path(name))
    if found.hash != hash_:
        raise BadPolicy(_OTHER_POLICY.fill(name=name, hash=hash_[:12]))
    return found


def parsed_calendar(hash_: str, text: str) -> Calendar:
    """Return the calendar that is kept under this hash.

    Raises:
        BadCalendar: the text is another one.
    """
    if sha256(text.encode()).hexdigest() != hash_:
        raise BadCalendar(_OTHER_CALENDAR.fill(hash=hash_[:12]))
    return Calendar.from_json(text)


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
            BadPolicy: what is kept is not what its hash names.
        """
        found = self._policies.get(hash_)
        if found is None:
            kept = rulebooks.policy_text(session, hash_)
            if kept is None:
                raise NotFound(_GONE.fill(hash=hash_[:12]))
            found = parsed_policy(hash_, *kept)
            self._policies[hash_] = found
        return found

    def text_of(self, session: Session, hash_: str) -> str:
        """Return the text of the policy with this hash, as it was written.

        Raises:
            NotFound: no such policy was ever kept.
        """
        if hash_ == self.policy.hash:
            return self._text
        kept = rulebooks.policy_text(session, hash_)
        if kept is None:
            raise NotFound(_GONE.fill(hash=hash_[:12]))
        return kept[1]

    def calendar_of(self, session: Session, hash_: str) -> Calendar:
        """Return the calendar with this hash, or the one in force if it was never kept.

        Raises:
            BadCalendar: what is kept is not what its hash names.
        """
        found = self._calendars.get(hash_) if hash_ != self.calendar.hash else self.calendar
        if found is None:
            text = rulebooks.calendar_text(session, hash_)
            found = parsed_calendar(hash_, text) if text is not None else self.calendar
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
