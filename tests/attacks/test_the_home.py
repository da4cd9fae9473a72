"""Another account of the machine reads what stands in the home; a home cannot be written; what is printed is kept."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from config import home as private
from flows.working import at_work
from states.errors import Unavailable
from tests.support.processes import ROOT, free_port, until
from wiring import now, office

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def seen(home: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items()}  # noqa: TID251, C416  # for a child
    return inherited | {"DUBAN_HOME": str(home), "PYTHONPATH": str(ROOT)} | more


def careless(home: Path, *command: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours as somebody whose umask lets everybody read and write."""
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd or ROOT,
        env=seen(home, **more),
        check=False,
        capture_output=True,
        text=True,
        umask=0,
    )


def open_to_others(folder: Path) -> list[str]:
    """Return what others may read below a folder, and the folder."""
    return [
        str(path)
        for path in (folder, *folder.rglob("*"))
        if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


def test_whatever_the_command_line_writes_is_for_its_account_alone(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    out.mkdir(mode=0o700)
    notice = out / "notice.txt"
    notice.write_text("2027-01-04 off 元旦\n", "utf-8")
    notice.chmod(0o600)
    finding = ("open", "--unit", "临溪市司法局", "--post", "局长", "--duty", "art7-1a", "--inspection", "regular")
    for arguments in (
        ("migrate",),
        (*finding, "--finding", "没有计划"),
        ("checkpoint", "make"),
        ("calendar", "import", str(notice)),
        ("backup", str(out / "copy.db")),
        ("export", "ledger", "-o", str(out / "ledger.xlsx")),
        ("export", "events", "-o", str(out / "events.jsonl")),
        ("bundle", "1", "-o", str(out / "case.zip")),
    ):
        done = careless(home, "-m", "cli.main", *arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    assert open_to_others(home) == []
    assert open_to_others(out) == []
    assert {"duban.db", "keys", "calendars"} <= {path.name for path in home.iterdir()}


@pytest.mark.parametrize(
    "entry",
    [
        "from web.app import make_app; make_app()",
        "from flows.access import logged_in as a; from config.settings import read_settings as s\nwith a(s()): pass",
        "from flows.command import main; main(['version'])",
        "import scripts.demo as demo\ndemo.Console = lambda **_: exit()\ndemo.main()",
    ],
    ids=["web", "flows", "worker", "scripts"],
)
def test_every_entry_point_writes_for_its_account_alone(tmp_path: Path, entry: str) -> None:
    code = f"import atexit\natexit.register(lambda: open('written', 'w').close())\n{entry}\n"
    home = tmp_path / "home"
    done = careless(home, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    if (tmp_path / "written").exists():  # Prefect's command takes the process's place, and no exit is noticed
        assert stat.S_IMODE((tmp_path / "written").stat().st_mode) == 0o600
    assert open_to_others(home) == [] if home.exists() else True


def test_a_run_of_a_flow_writes_for_its_account_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DUBAN_HOME", str(tmp_path / "home"))
    before = os.umask(0)
    try:
        with office() as here:
            here.installation.prepare(now())
        with at_work("sweep-deadlines"):
            (tmp_path / "written").touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "written").stat().st_mode) == 0o600


def opened_up(home: Path) -> None:
    """Let everybody read the home, as a release before this one left it."""
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.parametrize("command", ["migrate", "doctor"])
def test_a_wide_home_is_narrowed_and_said(tmp_path: Path, command: str) -> None:
    home = tmp_path / "home"
    assert careless(home, "-m", "cli.main", "migrate").returncode == 0
    assert careless(home, "-m", "cli.main", "checkpoint", "make").returncode == 0
    opened_up(home)
    assert len(open_to_others(home)) > 3
    done = careless(home, "-m", "cli.main", command, DUBAN_PREFECT_PORT=str(free_port()))
    assert open_to_others(home) == []
    if command == "doctor":
        assert done.returncode == 1
        assert any(line.startswith("✗") and str(home) in line for line in done.stdout.splitlines()), done.stdout
        again = careless(home, "-m", "cli.main", command, "--json", DUBAN_PREFECT_PORT=str(free_port()))
        assert {line["name"]: line["ok"] for line in json.loads(again.stdout)["findings"]}["home"] is True


def test_a_home_of_another_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    tmp_path.chmod(0o755)
    done = as_nobody(f"from pathlib import Path; from config.home import made; made(Path({str(home)!r}))", tmp_path)
    assert "chmod -R go-rwx" in done.stderr


def as_nobody(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a few lines of ours as an account that owns nothing."""
    if os.geteuid() or shutil.which("setpriv") is None:
        pytest.skip("only root may become another account")
    # The other account may enter neither this folder nor the environment, so it is given what it imports.
    lent = folder / "lent"
    for package in ("config", "states", "store"):
        shutil.copytree(ROOT / package, lent / package)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "python3", "-c", code]
    parents = [folder, *folder.parents]
    shut = [path for path in parents if not path.stat().st_mode & stat.S_IXOTH]
    modes = {path: path.stat().st_mode for path in shut}
    for path in shut:
        path.chmod(modes[path] | stat.S_IXOTH)
    try:
        return subprocess.run(command, cwd=lent, check=False, capture_output=True, text=True)
    finally:
        for path in shut:
            path.chmod(stat.S_IMODE(modes[path]))


def test_the_group_of_a_mounted_volume_is_no_other_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o770)
    home.chmod(0o770)
    assert private.wide(home) == [home]  # ours: narrowed
    monkeypatch.setattr(os, "geteuid", lambda: 10001)
    assert private.wide(home) == []  # of root, and of the group that is the container's own
    home.chmod(0o775)
    assert private.wide(home) == [home]


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("", "utf-8")
    return folder / "file" / "home"


def read_only(folder: Path) -> Path:
    place = folder / "mounted"
    place.mkdir()
    return place / "home"


@pytest.mark.parametrize("place", [below_a_file, read_only])
@pytest.mark.parametrize("command", ["up", "migrate"])
def test_a_home_that_cannot_be_written_is_said_in_one_sentence(
    tmp_path: Path, place: Callable[[Path], Path], command: str
) -> None:
    home = place(tmp_path)
    words = [sys.executable, "-m", "cli.main", command]
    if place is read_only:
        if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        words = ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o ro none {home.parent} && exec "$@"', "sh", *words]
    done = subprocess.run(words, cwd=ROOT, env=seen(home), check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "DUBAN_HOME" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def up(home: Path, stdout: int) -> subprocess.Popen[bytes]:
    more = {"DUBAN_WEB_PORT": str(free_port()), "DUBAN_PREFECT_PORT": str(free_port())}
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "up"], cwd=ROOT, env=seen(home, **more), stdout=stdout, stderr=stdout
    )


def test_the_first_password_goes_to_a_file_of_its_own_where_nobody_sits_at_a_terminal(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    with (tmp_path / "log").open("wb") as log:
        process = up(home, log.fileno())
        try:
            until(lambda: (home / private.FIRST_PASSWORD).exists() and (home / "logs").exists(), 60)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    password = (home / private.FIRST_PASSWORD).read_text("utf-8").strip()
    assert re.fullmatch(r"\S{16}", password)
    said = (tmp_path / "log").read_text("utf-8")
    assert password not in said
    assert private.FIRST_PASSWORD in said
    assert all(password not in path.read_text("utf-8", "replace") for path in (home / "logs").iterdir())
    assert open_to_others(home) == []


def test_the_first_password_is_shown_on_a_terminal_and_written_nowhere(tmp_path: Path) -> None:
    home = tmp_path / "home"
    near, far = pty.openpty()
    process = up(home, far)
    os.close(far)
    said = b""
    try:
        while b"(shown only once" not in said and "只显示这一次".encode() not in said:
            said += os.read(near, 4096)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        os.close(near)
    assert re.search(r"一次性口令 \S{16}", said.decode())
    assert not (home / private.FIRST_PASSWORD).exists()


def test_a_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    assert len({private.secret(tmp_path, "login") for _ in range(5)}) == 1
    assert not private.keep(tmp_path / "login", "another")
    assert stat.S_IMODE((tmp_path / "login").stat().st_mode) == 0o600
    with pytest.raises(Unavailable):
        private.secret(below_a_file(tmp_path), "login")
