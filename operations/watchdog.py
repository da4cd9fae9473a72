"""The watchdog: does everything that must happen still have somebody who does it?

Deadlines are watched by the sweep; this watches the sweep. It must run elsewhere than the sweep: the delivery does it,
and on one machine the supervisor of `duban up`, which goes on when Prefect does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from notifications.channels import Message
from notifications.delivery import Manner, should_have_left
from states.errors import Problem, Sentence
from store import health, outbox
from store import timers as timer_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from sqlalchemy.orm import Session

    from config.settings import Settings
    from notifications.channels import Outcome
    from wiring.container import Office

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
    """

    missed: int
    left_behind: int
    aimless: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Say whether all is well."""
        return not (self.missed or self.left_behind or self.aimless)


def promises(office: Office, at: datetime) -> Promises:
    """Return what is not as it must be at this moment; each part is found by an index.

    Raises:
        Unavailable: the database does not answer.
    """
    manner = Manner(
        policy=office.archive.policy,
        calendar=office.archive.calendar,
        zone=office.settings.tz,
        link=office.settings.address,
    )
    patience = timedelta(hours=office.settings.outbox_hours)
    with office.database.reading() as session:
        return Promises(
            missed=timer_rows.overdue(session, at - LATE),
            left_behind=outbox.left_behind(session, should_have_left(at, manner, patience)),
            aimless=tuple(health.aimless(session, MOST_NAMED)),
        )


def _stopped_since(session: Session, at: datetime, patience: timedelta) -> str | None:
    """Return the outage at this moment, named by the last sweep's end; nothing if the sweep is alive."""
    last = health.last_beat(session, "sweep")
    if last is not None and at - last < patience:
        return None
    return last.astimezone(UTC).isoformat() if last is not None else _NO_SWEEP_YET


def watch(office: Office, at: datetime) -> Outcome | None:
    """Tell DUBAN_WATCH_ADDRESS, once per outage, that no sweep has come to its end for too long.

    Return how the message went; nothing if there was nothing to tell, or nobody. One that could not leave is tried
    again the next time.
    """
    kind, _, address = office.settings.watch_address.partition(":")
    if not address:
        return None
    with office.database.reading() as session:
        outage = _stopped_since(session, at, timedelta(minutes=office.settings.watch_minutes))
        told = health.detail(session, "watch")
    if outage is None or told == outage:
        return None
    lang, zone = office.settings.lang, office.settings.tz
    known = outage != _NO_SWEEP_YET
    since = f"{datetime.fromisoformat(outage).astimezone(zone):%Y-%m-%d %H:%M}" if known else _NEVER.text(lang)
    outcome = _tell(office, kind, address, _SUBJECT, _BODY.fill(since=since, minutes=office.settings.watch_minutes), at)
    if outcome.ok:
        with office.database.transaction() as session:
            health.beat(session, "watch", at, outage)
    return outcome


def _tell(office: Office, kind: str, address: str, subject: Sentence, body: Sentence, at: datetime) -> Outcome:
    """Send one message about an outage; the same outage has the same id, whoever tells of it."""
    lang = office.settings.lang
    text = body.text(lang)
    key = f"watch.{sha256(f'{office.settings.database}{text}'.encode()).hexdigest()[:20]}"
    return office.channels.send(
        kind, address, Message(message_id=key, subject=subject.text(lang), body=text, created_at=at)
    )


class Watchman:
    """Watches from outside of Prefect: for a supervisor that lives as long as the installation."""

    def __init__(self, settings: Settings, opened: Callable[[Settings], AbstractContextManager[Office]]) -> None:
        """Begin to watch; what was before is not known. `opened` opens an installation for one look."""
        self.settings = settings
        self._opened = opened
        self._away_since: datetime | None = None
        self._told = False

    def look(self, at: datetime) -> tuple[bool, Outcome | None]:
        """Say whether the sweep has stopped; tell DUBAN_WATCH_ADDRESS, once, of that or of a database that is away."""
        patience = timedelta(minutes=self.settings.watch_minutes)
        with self._opened(self.settings) as office:
            try:
                with office.database.reading() as session:
                    stopped = _stopped_since(session, at, patience) is not None
                outcome = watch(office, at) if stopped else None
            except Problem as problem:
                return False, self._away(office, at, problem.sentence, patience)
        self._away_since, self._told = None, False
        return stopped, outcome

    def _away(self, office: Office, at: datetime, why: Sentence, patience: timedelta) -> Outcome | None:
        self._away_since = self._away_since or at
        kind, _, address = self.settings.watch_address.partition(":")
        if self._told or not address or at - self._away_since < patience:
            return None
        lang = self.settings.lang
        since = f"{self._away_since.astimezone(self.settings.tz):%Y-%m-%d %H:%M}"
        outcome = _tell(office, kind, address, _AWAY_SUBJECT, _AWAY.fill(since=since, why=why.text(lang)), at)
        self._told = outcome.ok
        return outcome
