"""A new notice of holidays: what it would move, and putting it in force for every process of the installation."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final

from config.calendars import load_calendar, own_hash, read_notice
from states.errors import BadCalendar, Sentence
from states.recount import How
from store import cases, health, installation, unit_posts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.recount import Progress, Recount, Recounts
    from config.rulebook import Rulebook
    from config.settings import Settings
    from states.case import Case
    from states.policy import Policy
    from states.recount import Moved
    from states.working_days import Calendar
    from store.cases import Stored
    from store.database import Database

LOOKED_AT: Final = 500
_EMPTY_NOTICE: Final = Sentence(
    "日历文件 {path} 没有任何日期（该年度的通知可能尚未公布），没有导入。",
    "The calendar file {path} names no day (the notice may not be out yet); nothing was imported.",
)


_NO_NOTICE: Final = Sentence(
    "没有导入过{year}年的放假通知，无可撤回。", "No notice for {year} was imported, so there is none to withdraw."
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of a case's deadlines, and which posts would be told."""

    case: Case
    moves: tuple[Moved, ...]
    told: tuple[str, ...]


class CalendarChange:
    """Takes notices in, and counts deadlines again by them."""

    def __init__(self, database: Database, rulebook: Rulebook, recounts: Recounts, settings: Settings) -> None:
        """Work on this installation."""
        self.database = database
        self.rulebook = rulebook
        self.recounts = recounts
        self.settings = settings

    def import_calendar(self, source: Path, at: datetime, progress: Progress | None = None) -> Recount:
        """Put a notice among the office's calendar files and in force, and count all running deadlines again.

        From the commit on every process goes by it: an act that another one is working out by the calendar of before
        is worked out anew. Only then are deadlines counted again, so that none is left out.

        Raises:
            BadCalendar: it makes no sense; nothing was changed.
        """
        if not read_notice(source).days:
            raise BadCalendar(_EMPTY_NOTICE.fill(path=source))
        calendar = self.preview_calendar(source)
        folder = self.settings.home / "calendars"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Later files win, so the name begins with the moment at which the notice came.
        target = folder / f"{at.astimezone(UTC):%Y%m%dT%H%M%S}-{source.name}"
        with NamedTemporaryFile(dir=self.settings.home, delete=False) as copy:
            copy.write(source.read_bytes())
            copy.flush()
            os.fsync(copy.fileno())
        try:
            with self.database.transaction() as session:
                self.rulebook.put_in_force(session, at, calendar)
                Path(copy.name).replace(target)
                # Until the row was ours another process may have taken a notice in: all files together are in force.
                self.rulebook.put_in_force(session, at, load_calendar(self.settings.calendar_files))
                installation.adopt(session, {"calendar": own_hash(self.settings.calendar_files)})
        except BaseException:
            for path in (Path(copy.name), target):
                path.unlink(missing_ok=True)
            raise
        return self.redate(at, progress)

    def withdraw_calendar(self, year: int, at: datetime, progress: Progress | None = None) -> Recount:
        """Take the office's own notices of a year out of force, and count all running deadlines again.

        What the library knows of the year stands again. The unit keeps a later day that it was given.

        Raises:
            BadCalendar: no notice of that year was imported.
        """
        folder = self.settings.home / "calendars"
        gone = [path for path in sorted(folder.glob("*")) if path.is_file() and read_notice(path).year == year]
        if not gone:
            raise BadCalendar(_NO_NOTICE.fill(year=year))
        left = [path for path in self.settings.calendar_files if path not in gone]
        calendar = load_calendar(left)
        kept = folder / "withdrawn"
        kept.mkdir(exist_ok=True, mode=0o700)
        with self.database.transaction() as session:
            self.rulebook.put_in_force(session, at, calendar)
            installation.adopt(session, {"calendar": own_hash(left)})
            for path in gone:
                path.replace(kept / path.name)
        return self.redate(at, progress)

    def redate(self, at: datetime, progress: Progress | None = None) -> Recount:
        """Count all running deadlines again by the calendar in force, if a new one came; repeating changes nothing."""
        with self.database.reading() as session:
            self.rulebook.refresh(session)
        calendar = self.rulebook.calendar
        total = self.recounts.redate(at, progress=progress)
        with self.database.transaction() as session:
            health.beat(session, "redating", at, calendar.hash)
        return total

    def redate_if_new(self, at: datetime) -> None:
        """Count all running deadlines again, unless that was done since the calendar in force came."""
        with self.database.reading() as session:
            self.rulebook.refresh(session)
            known = health.detail(session, "redating")
        if known != self.rulebook.calendar.hash:
            self.redate(at)

    def preview_calendar(self, source: Path) -> Calendar:
        """Return the calendar as it would be with this notice; nothing is written.

        Raises:
            BadCalendar: the file makes no sense.
        """
        return load_calendar([*self.settings.calendar_files, source])

    def what_would_move(self, at: datetime, to: Policy | None = None, how: How = How.RECOMPUTE) -> Iterator[Preview]:
        """Yield each case that counting again, or another policy, would change; in constant memory."""
        today = at.astimezone(self.settings.tz).date()
        after = 0
        while True:
            with self.database.reading() as session:
                ids = cases.ids_with_deadlines(session, after, LOOKED_AT)
                if not ids:
                    return
                after = ids[-1]
                previews = [
                    Preview(stored.case, moves, self._told(session, stored, to))
                    for stored in cases.many(session, ids).values()
                    if to is None or (stored.case.is_open and stored.case.policy_hash != to.hash)
                    if (moves := self.recounts.preview(session, stored.case, today, to, how)) or to is not None
                ]
            yield from previews

    def _told(self, session: Session, stored: Stored, to: Policy | None) -> tuple[str, ...]:
        policy = to or self.rulebook.policy_of(session, stored.case.policy_hash)
        posts = unit_posts.posts_of(session, [stored.unit_id], unit_posts.office_id(session))
        ids = [
            post
            for party in policy.audience["deadline_redated"]
            for post in posts.of(party, stored.unit_id, stored.post_id)
        ]
        names = unit_posts.post_names(session, ids)
        return tuple(" ".join(names[post]) for post in dict.fromkeys(ids))
