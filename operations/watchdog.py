"""The watchdog: does everything that must happen still have somebody who does it?

Deadlines are watched by the sweep; this watches the sweep. It must run elsewhere than the sweep: the delivery does it,
and on one machine the supervisor of `duban up`, which goes on when Prefect does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from notifications.delivery import should_have_left
from notifications.servers import Message
from states.errors import Problem, Sentence
from store import health, outbox
from store import timers as stored_timers

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from config.settings import Settings
    from notifications.channels import Channels
    from notifications.delivery import Manner
    from notifications.servers import Outcome
    from store.database import Database

LATE: Final = timedelta(minutes=15)
MOST_NAMED: Final = 100
_SUBJECT: Final = Sentence("【督办】到期扫描已停止", "[Duban] The sweep has stopped")
_BODY: Final = Sentence(
    "到期扫描自{since}起没有完成过，已超过{minutes}分钟：期限不再推进。请检查服务器，恢复后积压事项会按顺序补办。",
    "No sweep has come to its end since {since}, for more than {minutes} minutes: no deadline moves. Look after the "
    "server; what has come due meanwhile is worked off in order when it is back.",
)
_NEVER: Final = Sentence("安装", "the installation")
_NO_SWEEP_YET: Final = "never"
_AWAY_SUBJECT: Final = Sentence("【督办】数据库没有应答", "[Duban] The database does not answer")
_AWAY: Final = Sentence(
    "数据库自{since}起没有应答：不能登记，期限也不再推进。{why}",
    "The database has not answered since {since}: nothing can be entered and no deadline moves. {why}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What should be nothing, each of it, while all is well.

    `missed`: timers that are due for over a quarter of an hour and have not fired. `left_behind`: messages that could
    have left hours ago. `aimless`: open cases without a next step or a stated reason, the first hundred.

    Beside it stands of how many open deadlines this is said, and when a sweep last came to its end; None if never.
    """

    missed: int
    left_behind: int
    aimless: tuple[str, ...]
    running: int
    swept_at: datetime | None

    @property
    def kept(self) -> bool:
        """Say whether all is well."""
        return not (self.missed or self.left_behind or self.aimless)


def promises(database: Database, manner: Manner, patience: timedelta, at: datetime) -> Promises:
    """Return what is not as it must be at this moment; each part is found by an index.

    `patience` is how long a message that could leave may wait.

    Raises:
        Unavailable: the database does not answer.
    """
    with database.reading() as session:
        return Promises(
            missed=stored_timers.overdue(session, at - LATE),
            left_behind=outbox.left_behind(session, should_have_left(at, manner, patience)),
            aimless=tuple(health.aimless(session, MOST_NAMED)),
            running=health.open_with_deadline(session),
            swept_at=health.last_beat(session, "sweep"),
        )


def _stopped_since(session: Session, at: datetime, patience: timedelta) -> str | None:
    """Return the outage at this moment, named by the last sweep's end; nothing if the sweep is alive."""
    last = health.last_beat(session, "sweep")
    if last is not None and at - last < patience:
        return None
    return last.astimezone(UTC).isoformat() if last is not None else _NO_SWEEP_YET


def watch(database: Database, channels: Channels, settings: Settings, at: datetime) -> Outcome | None:
    """Tell DUBAN_WATCH_ADDRESS, once per outage, that no sweep has come to its end for too long.

    Return how the message went; nothing if there was nothing to tell, or nobody. One that could not leave is tried
    again the next time.
    """
    if not settings.watch_address:
        return None
    with database.reading() as session:
        outage = _stopped_since(session, at, timedelta(minutes=settings.watch_minutes))
        told = health.detail(session, "watch")
    if outage is None or told == outage:
        return None
    known = outage != _NO_SWEEP_YET
    since = f"{datetime.fromisoformat(outage).astimezone(settings.tz):%Y-%m-%d %H:%M}" if known else None
    body = _BODY.fill(since=since or _NEVER.text(settings.lang), minutes=settings.watch_minutes)
    outcome = _tell(channels, settings, _SUBJECT, body, at)
    if outcome.ok:
        with database.transaction() as session:
            health.beat(session, "watch", at, outage)
    return outcome


def _tell(channels: Channels, settings: Settings, subject: Sentence, body: Sentence, at: datetime) -> Outcome:
    """Send one message about an outage; the same outage has the same id, whoever tells of it."""
    kind, _, address = settings.watch_address.partition(":")
    text = body.text(settings.lang)
    key = f"watch.{sha256(f'{settings.database}{text}'.encode()).hexdigest()[:20]}"
    return channels.send(
        kind, address, Message(message_id=key, subject=subject.text(settings.lang), body=text, created_at=at)
    )


class Watched(Protocol):
    """What a look at an installation needs of it."""

    @property
    def database(self) -> Database:
        """Where the ends of sweeps are noted."""

    @property
    def channels(self) -> Channels:
        """How messages leave."""


class Watchman:
    """Watches from outside of Prefect: for a supervisor that lives as long as the installation."""

    def __init__(self, settings: Settings, opened: Callable[[Settings], AbstractContextManager[Watched]]) -> None:
        """Begin to watch; what was before is not known. `opened` opens an installation for one look."""
        self.settings = settings
        self._opened = opened
        self._away_since: datetime | None = None
        self._told = False

    def look(self, at: datetime) -> tuple[bool, Outcome | None]:
        """Say whether the sweep has stopped; tell DUBAN_WATCH_ADDRESS, once, of that or of a database that is away."""
        patience = timedelta(minutes=self.settings.watch_minutes)
        with self._opened(self.settings) as found:
            try:
                with found.database.reading() as session:
                    stopped = _stopped_since(session, at, patience) is not None
                outcome = watch(found.database, found.channels, self.settings, at) if stopped else None
            except Problem as problem:
                return False, self._away(found.channels, at, problem.sentence, patience)
        self._away_since, self._told = None, False
        return stopped, outcome

    def _away(self, channels: Channels, at: datetime, why: Sentence, patience: timedelta) -> Outcome | None:
        self._away_since = self._away_since or at
        if self._told or not self.settings.watch_address or at - self._away_since < patience:
            return None
        since = f"{self._away_since.astimezone(self.settings.tz):%Y-%m-%d %H:%M}"
        body = _AWAY.fill(since=since, why=why.text(self.settings.lang))
        outcome = _tell(channels, self.settings, _AWAY_SUBJECT, body, at)
        self._told = outcome.ok
        return outcome
