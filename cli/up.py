"""`duban up`: web, Prefect server and flow runner as one tree with one supervisor.

The supervisor starts its children, starts again whatever dies, and takes everything with it when it ends. On Linux the
kernel sends children SIGTERM when the supervisor itself is killed, and gives it the orphans of a child that was, so
that nothing of the tree survives it. Nothing here decides anything: what is due stands in the database, so any of these
processes may be killed at any moment.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from accounts import first_day, login
from cli.processes import (
    ChildProcess,
    end_with_parent,
    is_answering,
    kill,
    kill_group,
    log_of,
    own_children,
    reap_orphans,
    require_free,
)
from config import home as private
from config.settings import CHOSEN_FILE, read_settings
from operations.prefect_server import FILE, USER, answers_anybody, api_of, environment
from operations.runs import LOOK_EVERY as RUNS_EVERY
from operations.runs import Keeper, note_stuck
from operations.watchdog import Watchman
from states.errors import Sentence, Unavailable
from wiring import now, office

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime
    from types import FrameType
    from typing import TextIO

    from config.settings import Settings

LONGEST_PAUSE: Final = 30.0
HEALTHY_AFTER: Final = 60.0
STOP_WITHIN: Final = 8.0
TICK: Final = 0.25
LOOK_EVERY: Final = 60.0
_PR_SET_CHILD_SUBREAPER: Final = 36

_RUNNING: Final = Sentence(
    "{home} 上已有一个 duban up 在运行，请先停止它，或另设 DUBAN_HOME。",
    "Another `duban up` is running on {home}; stop it first, or set another DUBAN_HOME.",
)
_READY: Final = Sentence(
    "督办已启动：\n  网页与接口 {web}\n  Prefect    {prefect}\n按 Ctrl-C 停止。",
    "Duban is up:\n  web and API {web}\n  Prefect     {prefect}\nCtrl-C stops it.",
)
_FIRST: Final = Sentence(
    "首次启动：管理员 {user}，一次性口令 {password}（只显示这一次，首次登录须修改）。",
    "First start: administrator {user}, one-time password {password} (shown only once; change it at first login).",
)
_SETUP: Final = Sentence(
    "首次设置（设置码只能用一次）：{address}", "Set-up in the browser (its code is for one use): {address}"
)
_SETUP_IN_FILE: Final = Sentence(
    "首次设置的地址和一次性设置码写在 {path}（仅本账号可读）。",
    "The address of the set-up, with its one-time code, stands in {path}, which only this account may read.",
)
_CHOSEN: Final = Sentence("{name}：设置已更改，重新启动。", "{name}: settings were changed; starting again.")
_FIRST_IN_FILE: Final = Sentence(
    "首次启动：管理员 {user}；一次性口令写在 {path}（仅本账号可读），首次登录须修改，之后请删除该文件。",
    "First start: administrator {user}; the one-time password stands in {path}, which only this account may read. "
    "Change it at first login, then remove the file.",
)
_LOGIN_IN_FILE: Final = Sentence(
    "    （Prefect 网页的登录：{user}: 加 {path} 的内容）",
    "    (Prefect's pages ask for a login: {user}: and the content of {path})",
)
_OPEN_DOOR: Final = Sentence(
    "警告：Prefect 服务器 {api} 不要求登录，本机任何账号都能以督办的身份运行命令；请为它设置 "
    "PREFECT_SERVER_API_AUTH_STRING。",
    "Warning: the Prefect server {api} asks for no login, so any account that reaches it can run commands as Duban; "
    "set PREFECT_SERVER_API_AUTH_STRING for it.",
)
_NARROWED: Final = Sentence(
    "已收回其他账号对 {n} 个文件或目录的权限（{home}）。",
    "Others could read {n} files or folders in {home}; now they cannot.",
)


_STOPPED: Final = Sentence(
    "到期扫描已停止，或数据库没有应答；告警：{how}。",
    "The sweep has stopped, or the database does not answer; told: {how}.",
)
_ENDED: Final = Sentence(
    "运行“{name}”的进程已不在，已结束该运行并让出位置。", "The process of the run “{name}” is gone; the run was ended."
)
_RENEWED: Final = Sentence("{name}：没有完成到期扫描，重新启动。", "{name}: no sweep comes to its end; starting again.")


def _changed_at(home: Path) -> float:
    """Return when settings were chosen in the browser last; 0 if they never were."""
    try:
        return (home / CHOSEN_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _lock(home: Path) -> TextIO:
    """Return the locked file that keeps a second tree away from this home.

    Raises:
        Unavailable: another tree holds it, or the home cannot be written.
    """
    private.made(home)
    file = (home / "up.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise Unavailable(_RUNNING.fill(home=home)) from error
    return file


@contextmanager
def alone(home: Path) -> Generator[None]:
    """Keep `duban up` away from this home for a while.

    Raises:
        Unavailable: it is running.
    """
    lock = _lock(home)
    try:
        yield
    finally:
        lock.close()


class ProcessTree:
    """The processes of one installation."""

    def __init__(self, settings: Settings) -> None:
        """Plan the processes; nothing is started yet."""
        self.settings = settings
        self.own_server = not settings.prefect_api_url
        self.prefect = api_of(settings)
        self.web = f"http://{settings.web_host}:{settings.web_port}/"
        self.stopping = False
        self.chosen_at = _changed_at(settings.home)
        self.watchman = Watchman(settings, office)
        inherited = os.environ  # noqa: TID251  # handed on to the children as it is, not read
        self.inherited = {name: value for name, value in inherited.items() if name != "PREFECT_API_URL"}
        self.keeper = Keeper(settings, self.inherited)
        self.patience = timedelta(minutes=settings.watch_minutes)
        self.renewed: datetime | None = None
        self.stuck = False
        self.children = list(self._plan())

    def _plan(self) -> Iterator[ChildProcess]:
        environment = self._seen_by_children()
        python = [sys.executable, "-m"]
        if self.own_server:
            serve = ["prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.settings.prefect_port)]
            yield ChildProcess("prefect", [*python, *serve], environment, lambda: True)
        address = ["--host", self.settings.web_host, "--port", str(self.settings.web_port)]
        web = ["uvicorn", "web.app:make_app", "--factory", "--no-proxy-headers", *address, "--log-level", "warning"]
        # The web door never speaks with Prefect, and need not know how.
        without = {name: value for name, value in environment.items() if not name.endswith("AUTH_STRING")}
        yield ChildProcess("web", [*python, *web], without, lambda: True)
        yield ChildProcess(
            "flows", [*python, "flows.serve"], environment, lambda: is_answering(f"{self.prefect}/health")
        )

    def _seen_by_children(self) -> dict[str, str]:
        """Return what the children see: Prefect's state inside our home, and the login of its server."""
        home = self.settings.home.resolve()
        more = environment(self.settings, self.inherited)
        return (
            self.inherited
            | more
            | {
                "DUBAN_HOME": str(home),
                "PREFECT_HOME": str(home / "prefect"),
                "PREFECT_LOGGING_LEVEL": "WARNING",
                "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
                "PREFECT_RUNNER_POLL_FREQUENCY": "5",
                "PYTHONUNBUFFERED": "1",
            }
        )

    def run(self) -> int:
        """Keep the tree alive until a signal ends it; return the exit code."""
        lang = self.settings.lang
        said = False
        next_look = time.monotonic() + self.patience.total_seconds()
        next_runs = time.monotonic() + RUNS_EVERY
        while not self.stopping:
            self._go_by_chosen()
            for child in self.children:
                self._tend(child)
            if time.monotonic() > next_look:
                next_look = time.monotonic() + LOOK_EVERY
                try:
                    self.look(now())
                except Exception as error:  # noqa: BLE001  # whatever it is, the processes are still to be looked after
                    _say(f"watch: {type(error).__name__}: {error}")
            if time.monotonic() > next_runs:
                next_runs = time.monotonic() + RUNS_EVERY
                try:
                    self.free_places(now())
                except Exception as error:  # noqa: BLE001  # the same; Prefect or the database may be away
                    _say(f"runs: {type(error).__name__}: {error}")
            if not said and is_answering(f"{self.web}health/ready") and is_answering(f"{self.prefect}/health"):
                said = True
                shown = self.prefect.removesuffix("/api")
                _say(_READY.fill(web=self.web, prefect=shown).text(lang))
                self._say_who_gets_in()
            time.sleep(TICK)
            reap_orphans(self.children)
        self._stop()
        return 0

    def _go_by_chosen(self) -> None:
        """Let the flows begin again when settings were chosen in the browser; the web process has them already."""
        found = _changed_at(self.settings.home)
        if found == self.chosen_at:
            return
        self.chosen_at, self.settings = found, read_settings()
        for child in self.children:
            if child.name == "flows" and child.process is not None:
                _say(_CHOSEN.fill(name=child.name).text(self.settings.lang))
                kill_group(child.process.pid)

    def _say_who_gets_in(self) -> None:
        if answers_anybody(self.prefect):
            _say(_OPEN_DOOR.fill(api=self.prefect).text(self.settings.lang))
        elif self.own_server:
            path = self.settings.home.resolve() / FILE
            _say(_LOGIN_IN_FILE.fill(user=USER, path=path).text(self.settings.lang))

    def free_places(self, at: datetime) -> bool:
        """End runs whose process is gone, and let `/health/deadlines` say so as long as there are any.

        Return whether it was seen to: while Prefect is away or busy there is nothing to ask, and the next look asks.
        """
        if not is_answering(f"{self.prefect}/health"):
            return False
        stuck = self.keeper.look(at)
        for run in stuck:
            if run.ended:
                _say(_ENDED.fill(name=run.name).text(self.settings.lang))
        if stuck or self.stuck:
            with office(self.settings) as here:
                note_stuck(here.database, stuck, at)
            self.stuck = bool(stuck)
        return True

    def look(self, at: datetime) -> None:
        """See whether the sweep comes to its end; if it does not, tell DUBAN_WATCH_ADDRESS and begin again.

        The delivery watches the sweep too, but whatever stops one run of Prefect's usually stops them all. Prefect
        and the flows are started anew, at most once in `patience`: what hangs hangs no longer, and runs are planned
        anew, which they are not by themselves after a clock that was far ahead.
        """
        lang = self.settings.lang
        stopped, outcome = self.watchman.look(at)
        if outcome is not None:
            how = outcome.reason if not outcome.ok else "DUBAN_WATCH_ADDRESS"
            _say(_STOPPED.fill(how=how).text(lang))
        if not stopped or (self.renewed is not None and at - self.renewed < self.patience):
            return
        self.renewed = at
        for child in self.children:
            if child.name != "web" and child.process is not None:
                _say(_RENEWED.fill(name=child.name).text(lang))
                kill_group(child.process.pid)

    def _tend(self, child: ChildProcess) -> None:
        """Start the child if it is not running and may start; start again later, the longer the oftener it died."""
        clock = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            kill_group(child.process.pid)
            healthy = clock - child.started > HEALTHY_AFTER
            child.pause = 1.0 if healthy else min(child.pause * 2, LONGEST_PAUSE)
            child.not_before = clock + child.pause
            child.process = None
            _say(f"{child.name}: ended with {code}; starting again in {child.pause:.0f} s; see logs/{child.name}.log")
            return
        if clock < child.not_before or not child.may_start():
            return
        with log_of(self.settings.home, child.name) as log:
            # Its own session, so that the whole group can be ended even if the child is gone.
            child.process = subprocess.Popen(  # noqa: S603  # our own commands
                child.command,
                env=child.environment,
                cwd=self.settings.home,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509  # this process has one thread
            )
        child.started = clock
        child.starts += 1

    def _stop(self) -> None:
        """End everything: ask, wait, then end what is left, grandchildren too."""
        running = [child.process for child in self.children if child.process is not None]
        for process in reversed(running):
            process.terminate()
        deadline = time.monotonic() + STOP_WITHIN
        for process in reversed(running):
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        for process in running:
            kill_group(process.pid)
            process.wait()
        for orphan in own_children():
            kill(orphan)

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Let `run` come to its end."""
        self.stopping = True


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # what the supervisor has to say goes to its terminal


def _say_first(settings: Settings, user: str, password: str) -> None:
    """Show the first password where a person sits; else write it to a file: logs are read by many, and kept."""
    if sys.stdout.isatty():
        _say(_FIRST.fill(user=user, password=password).text(settings.lang))
        return
    path = settings.home.resolve() / private.FIRST_PASSWORD
    path.unlink(missing_ok=True)
    private.keep(path, password)
    _say(_FIRST_IN_FILE.fill(user=user, path=path).text(settings.lang))


def _say_setup(settings: Settings, code: str) -> None:
    """Show the address of the first day, with its one-time code, as the first password is shown."""
    address = f"http://{settings.web_host}:{settings.web_port}/setup?code={code}"
    if sys.stdout.isatty():
        _say(_SETUP.fill(address=address).text(settings.lang))
        return
    path = settings.home.resolve() / private.SETUP_ADDRESS
    path.unlink(missing_ok=True)
    private.keep(path, address)
    _say(_SETUP_IN_FILE.fill(path=path).text(settings.lang))


def run(settings: Settings) -> int:
    """Migrate, then run the tree until Ctrl-C or SIGTERM; return the exit code.

    Raises:
        Unavailable: another tree runs on this home, a port is taken, or the database does not answer.
    """
    others = len(private.wide(settings.home))
    lock = _lock(settings.home)
    try:
        if others:
            _say(_NARROWED.fill(n=others, home=settings.home).text(settings.lang))
        require_free(settings.web_host, settings.web_port, "DUBAN_WEB_PORT")
        if not settings.prefect_api_url:
            require_free("127.0.0.1", settings.prefect_port, "DUBAN_PREFECT_PORT")
        with office(settings, compared=False) as here:
            here.installation.prepare(now())
            first = login.first_administrator(here.database, settings.office, now())
            code = first_day.begin(here.database, now()) if first is not None else ""
        if first is not None:
            _say_first(settings, *first)
            _say_setup(settings, code)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
        tree = ProcessTree(settings)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, tree.stop)
        return tree.run()
    finally:
        lock.close()
