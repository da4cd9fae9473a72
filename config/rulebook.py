"""Policies and calendars in force, and every old one that a case still goes by."""

from __future__ import annotations

from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from states.command import Rules
from states.errors import BadCalendar, BadPolicy, NotFound, Sentence
from states.working_days import Calendar
from store import installation, rulebooks

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

    from states.case import Case
    from states.policy import Policy
    from store.events import Recorded

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
    from config.policy import parse_policy  # noqa: PLC0415  # the strict reader takes long to load

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


_NO_CALENDAR = Sentence(
    "数据库中没有哈希为 {hash} 的日历，历史不完整。",
    "The database holds no calendar with the hash {hash}; the history is not whole.",
)


class Rulebook:
    """The policy and the calendar in force, the old ones by their hashes, and the rules that follow for a case."""

    def __init__(self, policy: str, calendar_files: Sequence[Path], zone: tzinfo) -> None:
        """Go by the policy of this name and these calendar files; `zone` is the office's.

        Nothing is read yet: a command that only lists cases needs neither.
        """
        self.zone = zone
        self._policy_name = policy
        self._calendar_files = calendar_files
        self._policies: dict[str, Policy] = {}
        self._calendars: dict[str, Calendar] = {}
        self._kept: set[str] = set()
        self._calendar_in_force: tuple[str, ...] = ()  # hash and content, where the database has told
        self._policy_in_force: tuple[str, ...] = ()  # hash, name and text, the same

    @cached_property
    def policy(self) -> Policy:
        """Return the policy in force, for new cases.

        Raises:
            BadPolicy: it is missing or makes no sense.
        """
        # The strict reader takes long to load.
        from config.policy import find_policy, parse_policy, read_policy  # noqa: PLC0415

        if self._policy_in_force:
            _hash, name, self._text = self._policy_in_force
            return parse_policy(self._text, Path(name))
        path = find_policy(self._policy_name)
        found = read_policy(path)
        self._text = path.read_text("utf-8")
        return found

    @cached_property
    def calendar(self) -> Calendar:
        """Return the calendar in force; whoever changes its files assigns the new one.

        Raises:
            BadCalendar: a file makes no sense.
        """
        if self._calendar_in_force:
            return Calendar.from_json(self._calendar_in_force[1])
        from config.calendars import load_calendar  # noqa: PLC0415  # the library's table of days takes long to load

        return load_calendar(self._calendar_files)

    def require_sound(self) -> None:
        """Read the policy and the calendar in force now, so that a process that is to run for long starts with them.

        Raises:
            BadPolicy: the policy is missing or makes no sense.
            BadCalendar: a calendar file makes no sense.
        """
        self._policies[self.policy.hash] = self.policy
        self._calendars[self.calendar.hash] = self.calendar

    def known_policy(self, hash_: str) -> Policy | None:
        """Return the policy with this hash without asking the database, if it is in force or was read before."""
        return self.policy if hash_ == self.policy.hash else self._policies.get(hash_)

    def policy_names(self, session: Session, hashes: Collection[str]) -> dict[str, str]:
        """Return the names of the policies with these hashes, without reading what they say.

        Raises:
            NotFound: one of them was never kept.
        """
        found = rulebooks.policy_names(session, hashes)
        return found | {hash_: self.policy_of(session, hash_).name for hash_ in hashes if hash_ not in found}

    def refresh(self, session: Session) -> None:
        """Go by what is in force in the database from now on.

        A calendar that another process has loaded, or a policy that it has put in force, is taken from the database:
        files on this machine may be older, or not there. What is taken is read when it is first needed.

        Raises:
            NotFound: the database does not hold what it says is in force.
        """
        found = installation.in_force(session)
        if found.calendar and found.calendar != self._hash_at_hand("calendar", self._calendar_in_force):
            text = rulebooks.calendar_text(session, found.calendar)
            if text is None:
                raise NotFound(_NO_CALENDAR.fill(hash=found.calendar[:12]))
            self._calendar_in_force = (found.calendar, text)
            self.__dict__.pop("calendar", None)
        if found.policy and found.policy != self._hash_at_hand("policy", self._policy_in_force):
            kept = rulebooks.policy_text(session, found.policy)
            if kept is None:
                raise NotFound(_GONE.fill(hash=found.policy[:12]))
            self._policy_in_force = (found.policy, *kept)
            self.__dict__.pop("policy", None)

    def _hash_at_hand(self, name: str, taken: tuple[str, ...]) -> str:
        """Return the hash of what this process goes by; nothing if it has neither read nor taken it yet."""
        at_hand: Policy | Calendar | None = self.__dict__.get(name)
        return at_hand.hash if at_hand is not None else next(iter(taken), "")

    def reread(self) -> None:
        """Go by the settings and the files of this machine again, as a process does that brings new ones."""
        self._calendar_in_force, self._policy_in_force = (), ()
        for name in ("calendar", "policy"):
            self.__dict__.pop(name, None)

    def put_in_force(self, session: Session, now: datetime, calendar: Calendar | None = None) -> None:
        """Let every process go by this policy, and by this calendar or the one at hand, from the commit on.

        This one goes by them as the others do: when it sees that they are in force.
        """
        self.keep(session, now)
        wanted = calendar or self.calendar
        rulebooks.keep_calendar(session, wanted.hash, wanted.name, wanted.to_json(), now)
        installation.put_in_force(session, calendar=wanted.hash, policy=self.policy.hash)

    def policy_of(self, session: Session, hash_: str) -> Policy:
        """Return the policy with this hash, from the database unless it was read before.

        Raises:
            NotFound: no such policy was ever kept.
            BadPolicy: what is kept is not what its hash names.
        """
        found = self.known_policy(hash_)
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

    def rules_of(self, session: Session, case: Case) -> Rules:
        """Return the rules that a case goes by now: the policy it was opened under, the calendar as known now."""
        return Rules(policy=self.policy_of(session, case.policy_hash), calendar=self.calendar, zone=self.zone)

    def rules_at(self, session: Session, recorded: Recorded) -> Rules:
        """Return the rules by which an event was decided: the policy and the calendar that it names."""
        return Rules(
            policy=self.policy_of(session, recorded.event.policy_hash),
            calendar=self.calendar_of(session, recorded.event.calendar_hash),
            zone=self.zone,
        )

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
