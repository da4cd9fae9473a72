"""The watchdog: does everything that must happen still have somebody who does it?

Deadlines are watched by the sweep; this watches the sweep. It must run elsewhere than the sweep: the delivery does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from notifications.channels import Message
from notifications.delivery import Manner, should_have_left
from states.errors import Sentence
from store import health, outbox
from store import timers as timer_rows

if TYPE_CHECKING:
    from datetime import datetime

    from notifications.channels import Outcome
    from wiring.office import Office

LATE: Final = timedelta(minutes=15)
MOST_NAMED: Final = 100
_SUBJECT: Final = Sentence("【督办】到期扫描已停止", "[Duban] The sweep has stopped")
_BODY: Final = Sentence(
    "到期扫描自{since}起没有完成过，已超过{minutes}分钟：期限不再推进。请检查服务器，恢复后积压事项会按顺序补办。",
    "No sweep has come to its end since {since}, for more than {minutes} minutes: no deadline moves. Look after the "
    "server; what has come due meanwhile is worked off in order when it is back.",
)
_NEVER: Final = Sentence("安装", "the installation")


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


def watch(office: Office, at: datetime) -> Outcome | None:
    """Tell DUBAN_WATCH_ADDRESS, once per outage, that no sweep has come to its end for too long.

    Return how the message went; nothing if there was nothing to tell, or nobody. One that could not leave is tried
    again the next time.
    """
    kind, _, address = office.settings.watch_address.partition(":")
    if not address:
        return None
    with office.database.reading() as session:
        last = health.last_beat(session, "sweep")
        outage = last.astimezone(UTC).isoformat() if last is not None else "never"
        told = health.detail(session, "watch")
    if told == outage or (last is not None and at - last < timedelta(minutes=office.settings.watch_minutes)):
        return None
    lang, zone = office.settings.lang, office.settings.tz
    since = f"{last.astimezone(zone):%Y-%m-%d %H:%M}" if last is not None else _NEVER.text(lang)
    body = _BODY.fill(since=since, minutes=office.settings.watch_minutes).text(lang)
    key = f"watch.{sha256(f'{office.settings.database}{outage}'.encode()).hexdigest()[:20]}"
    message = Message(message_id=key, subject=_SUBJECT.text(lang), body=body, created_at=at)
    outcome = office.channels.send(kind, address, message)
    if outcome.ok:
        with office.database.transaction() as session:
            health.beat(session, "watch", at, outage)
    return outcome
