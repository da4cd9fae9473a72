"""What is wrong with an installation, and what to do: each finding is one sentence that names the command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from config.settings import Settings
    from operations.figures import Vitals

LEAST_FREE: Final = 1 << 30
MOST_SKEW: Final = 5.0
"""Seconds between this machine's clock and the database's: more, and two hosts disagree about what is due."""
SWEEP_EVERY: Final = timedelta(minutes=5)
DELIVERY_EVERY: Final = timedelta(minutes=10)
CHECKPOINT_EVERY: Final = timedelta(days=1)
REBUILD_EVERY: Final = timedelta(days=2)
CALENDAR_SOON: Final = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: its name for programs, whether it is well, and the sentence."""

    name: str
    good: bool
    sentence: Sentence


def examined(found: Vitals, settings: Settings, at: datetime) -> list[Finding]:
    """Return everything that was looked at; without a database only what this machine knows."""
    lines = [_database(found), _disk(found)]
    if found.health.ready:
        lines += [*_time(found, at), *_cases(found), *_proof(found, settings, at)]
    lines += [_calendar(found), Finding("mail", bool(settings.smtp_host), _MAIL if settings.smtp_host else _NO_MAIL)]
    return lines


def _database(found: Vitals) -> Finding:
    if found.health.ready:
        return Finding("database", good=True, sentence=_READY)
    if found.health.database and not found.health.migrated:
        return Finding("migration", good=False, sentence=_PENDING)
    return Finding("database", good=False, sentence=_NOT_READY.fill(why=found.health.reason))


def _disk(found: Vitals) -> Finding:
    good = found.free_bytes >= LEAST_FREE
    return Finding("disk", good, (_DISK if good else _NO_DISK).fill(free=f"{found.free_bytes / (1 << 30):.1f}"))


def _late(found: Vitals, task: str, at: datetime, within: timedelta) -> tuple[bool, Sentence]:
    """Say whether a task came to its end in time, and when it did."""
    last = found.beats.get(task)
    if last is None:
        return False, _NEVER
    minutes = int((at - last).total_seconds() // 60)
    return at - last <= within, _AGO.fill(minutes=minutes)


def _time(found: Vitals, at: datetime) -> Iterator[Finding]:
    good = abs(found.skew_seconds) <= MOST_SKEW
    yield Finding("clock", good, (_CLOCK if good else _SKEW).fill(seconds=f"{found.skew_seconds:+.1f}"))
    for name, within, well, stopped in (
        ("sweep", SWEEP_EVERY, _SWEEP, _NO_SWEEP),
        ("delivery", DELIVERY_EVERY, _DELIVERY, _NO_DELIVERY),
        ("rebuild", REBUILD_EVERY, _REBUILD, _NO_REBUILD),
    ):
        good, when = _late(found, name, at, within)
        yield Finding(name, good, (well if good else stopped).fill(when=when))


def _cases(found: Vitals) -> Iterator[Finding]:
    health = found.health
    failed = health.messages.get("failed", 0)
    yield Finding("missed", not health.missed, _MISSED.fill(n=health.missed))
    yield Finding("held", not health.held, _HELD.fill(n=health.held))
    yield Finding("contacts", not found.unreached, _UNREACHED.fill(n=found.unreached))
    yield Finding("messages", not failed, _UNDELIVERED.fill(n=failed))


def _proof(found: Vitals, settings: Settings, at: datetime) -> Iterator[Finding]:
    good, when = _late(found, "checkpoint", at, CHECKPOINT_EVERY)
    # A history that has not grown is not signed again, so an old checkpoint of all of it is as good as a new one.
    good = good or found.events == found.checkpointed
    yield Finding("checkpoint", good, (_SIGNED if good else _NOT_SIGNED).fill(when=when))
    if not settings.checkpoint_folder and not settings.checkpoint_mail:
        yield Finding("checkpoint sent", good=False, sentence=_NOWHERE)
    elif found.checkpointed:
        sent = found.checkpoint_sent
        yield Finding("checkpoint sent", sent, _SENT if sent else _NOT_SENT)


def _calendar(found: Vitals) -> Finding:
    good = found.calendar_days > CALENDAR_SOON
    return Finding("calendar", good, (_CALENDAR if good else _CALENDAR_ENDS).fill(days=found.calendar_days))


_READY: Final = Sentence("数据库可用，结构最新。", "The database answers and has the newest schema.")
_PENDING: Final = Sentence(
    "数据库结构不是最新版本：请运行 duban migrate（可在旧版本仍在运行时执行）。",
    "The database's schema is not the newest: run `duban migrate`; the release before may go on running meanwhile.",
)
_NOT_READY: Final = Sentence(
    "数据库不可用：{why} 请检查 DUBAN_DATABASE_URL 和数据库服务。",
    "The database cannot be used: {why} Check DUBAN_DATABASE_URL and the database server.",
)
_DISK: Final = Sentence("磁盘剩余 {free} GiB。", "{free} GiB are left on the disk.")
_NO_DISK: Final = Sentence(
    "磁盘只剩 {free} GiB：请清理 DUBAN_HOME 所在磁盘（旧日志、旧备份），或扩容；磁盘写满后不再接受任何登记。",
    "Only {free} GiB are left on the disk of DUBAN_HOME: remove old logs and backups or enlarge it; on a full disk "
    "nothing is entered any more.",
)
_CLOCK: Final = Sentence("本机时钟与数据库一致（相差 {seconds} 秒）。", "The clocks agree ({seconds} s).")
_SKEW: Final = Sentence(
    "本机时钟与数据库相差 {seconds} 秒：请在各主机启用时间同步（chrony 或 systemd-timesyncd）。",
    "This machine's clock is {seconds} s off the database's: let every host keep time (chrony, systemd-timesyncd).",
)
_NEVER: Final = Sentence("从未完成", "never came to its end")
_AGO: Final = Sentence("{minutes} 分钟前完成", "came to its end {minutes} min ago")
_SWEEP: Final = Sentence("到期扫描：{when}。", "The sweep {when}.")
_NO_SWEEP: Final = Sentence(
    "到期扫描{when}，应每分钟一次：请检查 duban up 或 Prefect worker；在此之前用 cron 每分钟运行 duban sweep。",
    "The sweep {when}, and should each minute: look at `duban up` or the Prefect workers; until then let cron run "
    "`duban sweep` every minute.",
)
_DELIVERY: Final = Sentence("通知发送：{when}。", "The delivery {when}.")
_NO_DELIVERY: Final = Sentence(
    "通知发送{when}，应每分钟一次：请检查 worker；在此之前运行 duban deliver。",
    "The delivery {when}, and should each minute: look at the workers; until then run `duban deliver`.",
)
_REBUILD: Final = Sentence("夜间比对：{when}。", "The nightly comparison {when}.")
_NO_REBUILD: Final = Sentence(
    "夜间比对{when}：请检查 worker，或运行 duban verify。",
    "The nightly comparison {when}: look at the workers, or run `duban verify`.",
)
_MISSED: Final = Sentence(
    "过期未触发的定时项：{n}（应为0；请检查扫描任务，或运行 duban sweep）。",
    "Timers that were missed: {n} (should be 0; see whether the sweep runs, or run `duban sweep`).",
)
_HELD: Final = Sentence(
    "因错误搁置的定时项：{n}（应为0；扫描的运行记录写明原因，更正后会自动重试）。",
    "Timers set aside because of errors: {n} (should be 0; the sweep's runs name the reason; they are tried "
    "again by themselves).",
)
_UNREACHED: Final = Sentence(
    "没有联系方式的职务：{n}（用 duban contact set 补齐，否则通知暂存）。",
    "Posts without a contact: {n} (add them with `duban contact set`; their messages wait).",
)
_UNDELIVERED: Final = Sentence(
    "最终未能送达的通知：{n}（应为0；请核对联系方式和邮件服务器）。",
    "Messages that could not be delivered at all: {n} (should be 0; check the contacts and the mail server).",
)
_SIGNED: Final = Sentence("检查点：{when}。", "The checkpoint {when}.")
_NOT_SIGNED: Final = Sentence(
    "检查点{when}，历史已有新增：请检查 worker，或运行 duban checkpoint make。",
    "The checkpoint {when}, and the history has grown since: look at the workers, or run `duban checkpoint make`.",
)
_SENT: Final = Sentence("最新检查点已送出。", "The newest checkpoint was sent out of the house.")
_NOT_SENT: Final = Sentence(
    "最新检查点没有送出：请检查 DUBAN_CHECKPOINT_FOLDER 的写权限和 DUBAN_CHECKPOINT_MAIL。",
    "The newest checkpoint was sent nowhere: check that DUBAN_CHECKPOINT_FOLDER can be written, and "
    "DUBAN_CHECKPOINT_MAIL.",
)
_NOWHERE: Final = Sentence(
    "检查点没有送出的去处：请设置 DUBAN_CHECKPOINT_FOLDER 或 DUBAN_CHECKPOINT_MAIL，否则无法对外证明历史未被改写。",
    "Checkpoints go nowhere: set DUBAN_CHECKPOINT_FOLDER or DUBAN_CHECKPOINT_MAIL; without a copy outside nobody can "
    "prove that the history was not written anew.",
)
_CALENDAR: Final = Sentence("日历还可用 {days} 天。", "The calendar is known for {days} more days.")
_CALENDAR_ENDS: Final = Sentence(
    "日历只剩 {days} 天：放假通知公布后用 duban calendar import 导入；在此之前，之后的期限均为暂定。",
    "The calendar is known for {days} more days only: load the new notice with `duban calendar import` when it is out; "
    "terms beyond are provisional until then.",
)
_MAIL: Final = Sentence("邮件服务器已设置。", "The mail server is set.")
_NO_MAIL: Final = Sentence(
    "没有设置邮件服务器：请设置 DUBAN_SMTP_HOST，否则邮件通知暂存。",
    "No mail server is set: set DUBAN_SMTP_HOST, or messages by mail wait.",
)
