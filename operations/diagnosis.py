"""What is wrong with an installation, and what to do: each finding is one sentence that names the command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from operations.clock import SAID_FROM, SKEW
from operations.installation import compared
from states.errors import Problem, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from config.settings import Settings
    from operations.figures import Vitals
    from store.database import Database

LEAST_FREE: Final = 1 << 30
SWEEP_EVERY: Final = timedelta(minutes=5)
DELIVERY_EVERY: Final = timedelta(minutes=10)
CHECKPOINT_EVERY: Final = timedelta(days=1)
REBUILD_EVERY: Final = timedelta(days=2)
CALENDAR_SOON: Final = 60


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was looked at: its name for programs, whether it is well, and the sentence."""

    name: str
    good: bool
    sentence: Sentence


def examined(found: Vitals, settings: Settings, at: datetime) -> list[CheckResult]:
    """Return everything that was looked at; without a database only what this machine knows."""
    lines = [_database(found), _disk(found)]
    if found.health.ready:
        lines += [*_time(found, at), *_cases(found), *_proof(found, settings, at)]
    lines += [
        _calendar(found),
        CheckResult("mail", bool(settings.smtp_host), _MAIL if settings.smtp_host else _NO_MAIL),
    ]
    return lines


def door_of(answers: bool | None, api: str) -> CheckResult:  # noqa: FBT001  # what `answers_anybody` said
    """Return what was found at the door of Prefect's server."""
    if answers is None:
        return CheckResult("prefect", good=True, sentence=_NO_SERVER.fill(api=api))
    return CheckResult("prefect", not answers, (_OPEN_DOOR if answers else _DOOR).fill(api=api))


def home_of(wide: int, home: Path) -> CheckResult:
    """Return what was found at the home: how many files and folders others could read before they were narrowed."""
    return CheckResult("home", not wide, (_WIDE.fill(n=wide, home=home) if wide else _PRIVATE))


def password_of(path: Path) -> CheckResult | None:
    """Return that the first password still stands in its file, if it does."""
    if not path.exists():
        return None
    return CheckResult("first password", good=False, sentence=_FIRST_PASSWORD.fill(path=path))


def differences_of(database: Database, settings: Settings) -> list[CheckResult]:
    """Return each setting in which this process is not of the installation."""
    try:
        if not database.exists() or not database.is_current():
            return []
        with database.reading() as session:
            found = compared(session, settings)
    except Problem:
        return []  # that the database does not answer is another finding
    return [CheckResult(f"setting {line.name}", good=False, sentence=line.sentence(settings)) for line in found]


def rows_of(differing: int) -> CheckResult:
    """Return how many cases were found not to be what their events make."""
    return CheckResult("rows", not differing, (_DIFFER.fill(n=differing) if differing else _ROWS))


def _database(found: Vitals) -> CheckResult:
    if found.health.ready:
        return CheckResult("database", good=True, sentence=_READY)
    if found.health.database and not found.health.migrated:
        return CheckResult("migration", good=False, sentence=_PENDING)
    return CheckResult("database", good=False, sentence=_NOT_READY.fill(why=found.health.reason))


def _disk(found: Vitals) -> CheckResult:
    good = found.free_bytes >= LEAST_FREE
    return CheckResult("disk", good, (_DISK if good else _NO_DISK).fill(free=f"{found.free_bytes / (1 << 30):.1f}"))


def _late(found: Vitals, task: str, at: datetime, within: timedelta) -> tuple[bool, Sentence]:
    """Say whether a task came to its end in time, and when it did."""
    last = found.beats.get(task)
    if last is None:
        return False, _NEVER
    minutes = int((at - last).total_seconds() // 60)
    return at - last <= within, _AGO.fill(minutes=minutes)


def _time(found: Vitals, at: datetime) -> Iterator[CheckResult]:
    good = abs(found.skew_seconds) <= SAID_FROM
    yield CheckResult("clock", good, (_CLOCK if good else SKEW).fill(seconds=f"{found.skew_seconds:+.1f}"))
    for name, within, well, stopped in (
        ("sweep", SWEEP_EVERY, _SWEEP, _NO_SWEEP),
        ("delivery", DELIVERY_EVERY, _DELIVERY, _NO_DELIVERY),
        ("rebuild", REBUILD_EVERY, _REBUILD, _NO_REBUILD),
    ):
        good, when = _late(found, name, at, within)
        yield CheckResult(name, good, (well if good else stopped).fill(when=when))


def _cases(found: Vitals) -> Iterator[CheckResult]:
    health = found.health
    failed = health.messages.get("failed", 0)
    yield CheckResult("missed", not health.missed, _MISSED.fill(n=health.missed))
    yield CheckResult("held", not health.held, _HELD.fill(n=health.held))
    yield CheckResult("contacts", not found.unreached, _UNREACHED.fill(n=found.unreached))
    yield CheckResult("messages", not failed, _UNDELIVERED.fill(n=failed))
    yield CheckResult("recounted", found.recounted, _RECOUNTED if found.recounted else _NOT_RECOUNTED)
    if found.differing:
        yield CheckResult("nightly comparison", good=False, sentence=_DIFFER.fill(n=found.differing))
    if health.stuck_runs:
        yield CheckResult("stuck runs", good=False, sentence=_STUCK.fill(runs=health.stuck_runs))


def _proof(found: Vitals, settings: Settings, at: datetime) -> Iterator[CheckResult]:
    good, when = _late(found, "checkpoint", at, CHECKPOINT_EVERY)
    # A history that has not grown is not signed again, so an old checkpoint of all of it is as good as a new one.
    good = good or found.events == found.checkpointed
    yield CheckResult("checkpoint", good, (_SIGNED if good else _NOT_SIGNED).fill(when=when))
    if not settings.checkpoint_folder and not settings.checkpoint_mail:
        yield CheckResult("checkpoint sent", good=False, sentence=_NOWHERE)
    elif found.checkpointed:
        sent = found.checkpoint_sent
        yield CheckResult("checkpoint sent", sent, _SENT if sent else _NOT_SENT)


def _calendar(found: Vitals) -> CheckResult:
    good = found.calendar_days > CALENDAR_SOON
    return CheckResult("calendar", good, (_CALENDAR if good else _CALENDAR_ENDS).fill(days=found.calendar_days))


_NO_SERVER: Final = Sentence("Prefect 服务器没有应答（{api}）。", "No Prefect server answers at {api}.")
_DOOR: Final = Sentence("Prefect 服务器要求登录。", "Prefect's server asks for a login.")
_OPEN_DOOR: Final = Sentence(
    "Prefect 服务器 {api} 不要求登录，能访问该端口的任何人都能以督办的身份运行命令：请用 duban up 启动它，"
    "或为它设置 PREFECT_SERVER_API_AUTH_STRING。",
    "The Prefect server {api} asks for no login, so whoever reaches the port can run commands as Duban: let `duban up` "
    "start it, or set PREFECT_SERVER_API_AUTH_STRING for it.",
)
_PRIVATE: Final = Sentence("数据目录只有本账号可读。", "Only this account can read the home.")
_WIDE: Final = Sentence(
    "其他账号曾能读取 {home} 中的 {n} 个文件或目录，现已收回权限；如本机有其他人使用，请运行 duban checkpoint rotate "
    "更换签名密钥，并更换口令。",
    "Others could read {n} files or folders in {home}; that was taken back now. If others use this machine, make a new "
    "signing key (`duban checkpoint rotate`) and new passwords.",
)
_FIRST_PASSWORD: Final = Sentence(
    "首次口令仍在文件 {path} 中：首次登录并修改口令后请删除该文件。",
    "The first password still stands in {path}: change it at the first login, then remove the file.",
)
_ROWS: Final = Sentence("案件现状与历史一致。", "All rows are what their events make.")
_DIFFER: Final = Sentence(
    "有{n}件案件的现状与其历史不一致：请运行 duban verify 查看；日历刚更换的，先运行 duban sweep。",
    "{n} cases are not what their events make: run `duban verify`; if a calendar has just come, `duban sweep` first.",
)
_RECOUNTED: Final = Sentence("期限均按现行日历计算。", "All deadlines are counted by the calendar in force.")
_NOT_RECOUNTED: Final = Sentence(
    "期限尚未按现行日历重算：下一次扫描会重算，也可运行 duban sweep。",
    "Deadlines are not yet counted again by the calendar in force: the next sweep does it, or run `duban sweep`.",
)
_STUCK: Final = Sentence(
    "占用位置但没有工作的运行：{runs}。会自动结束；如持续出现，请检查 worker 的内存和日志。",
    "Runs that hold a place and do not work: {runs}. They are ended by themselves; if they come again, look at the "
    "workers' memory and logs.",
)
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
