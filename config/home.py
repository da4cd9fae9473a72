"""The home of an installation: a folder for its account alone, and the secrets that stand in it.

Everything that an office must not show lies here: the database, evidence, keys, logs, copies. Whoever may read the
folder has all of it without any login, so nobody but the account that runs Duban may, and every process says so before
it writes its first file.
"""

from __future__ import annotations

import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from states.errors import Sentence, Unavailable
from states.file_trouble import file_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UMASK: Final = 0o077
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
FOLDERS: Final = ("logs", "keys", "calendars", "backups", "exports", "prefect", "runs")
"""The folders whose files are looked at one by one. Evidence is not: there may be a million files, and its own folder
keeps everybody out."""

FIRST_PASSWORD: Final = "first-password"  # noqa: S105  # the name of a file
"""The file that holds the administrator's first password, where no person saw it on a terminal."""

SETUP_ADDRESS: Final = "setup-address"
"""The file that holds the address of the first day with its one-time code, where no person saw it on a terminal."""

_NOT_WRITABLE: Final = Sentence(
    "目录 {home} 不能写入（{why}）：请改正其权限或挂载方式，或另设 DUBAN_HOME。",
    "The folder {home} cannot be written ({why}): mend its permissions or how it is mounted, or set DUBAN_HOME.",
)
_WIDE: Final = Sentence(
    "其他人可以读取 {path}，而本账号无权改正：请由其所有者运行 chmod -R go-rwx {home}。",
    "Others may read {path}, and this account may not mend it: let its owner run `chmod -R go-rwx {home}`.",
)


def keep_private() -> None:
    """Let whatever this process and its children write from now on be readable by this account alone."""
    os.umask(UMASK)


def made(home: Path) -> Path:
    """Make the home, for this account alone, and keep everybody else out of one that is there already.

    Raises:
        Unavailable: it cannot be made or written, or others can read it and this account may not change that.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = home / f".{secrets.token_hex(8)}"
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        probe.unlink()
    except OSError as error:
        raise Unavailable(_NOT_WRITABLE.fill(home=home, why=file_trouble(error))) from error
    narrowed(home)
    return home


def wide(home: Path, *more: Path) -> list[Path]:
    """Return what others on this machine may read: the home, what stands in it, and the files named besides.

    The home of a container may belong to the group of its volume, which is no other person; that is left as it is.
    """
    return [path for path in (*_parts(home), *more) if _is_wide(path, home)]


def narrowed(home: Path, *more: Path) -> list[Path]:
    """Take from others what they may read; return what was changed.

    Raises:
        Unavailable: this account may not change it.
    """
    found = wide(home, *more)
    for path in found:
        try:
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise Unavailable(_WIDE.fill(path=path, home=home)) from error
    return found


def _parts(home: Path) -> Iterator[Path]:
    yield home
    if not home.is_dir():
        return
    # Whoever may not enter the home may enter nothing below it, but a folder may be moved, and a copy keeps its mode.
    yield from sorted(home.iterdir())
    for name in FOLDERS:
        yield from sorted((home / name).rglob("*"))


def _is_wide(path: Path, home: Path) -> bool:
    try:
        status = path.lstat()
    except OSError:
        return False
    if stat.S_ISLNK(status.st_mode):
        return False
    ours = status.st_uid == os.geteuid()
    # The folder that a cluster mounts belongs to root and to a group that is the container's own.
    forbidden = OTHERS if ours or path != home else stat.S_IRWXO
    return bool(status.st_mode & forbidden)


def secret(home: Path, name: str) -> str:
    """Return the secret of this name, made at random when it is first asked for, in a file of mode 0600.

    Several processes may ask at once: all get what the first one made.

    Raises:
        Unavailable: it cannot be read or made.
    """
    path = home / name
    try:
        if not path.exists():
            home.mkdir(parents=True, exist_ok=True, mode=0o700)
            keep(path, secrets.token_urlsafe(32))
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise Unavailable(_NOT_WRITABLE.fill(home=home, why=file_trouble(error))) from error


def keep(path: Path, text: str) -> bool:
    """Write a new file of mode 0600, whole or not at all; say whether it is new. One that is there is left alone.

    Raises:
        OSError: it cannot be written.
    """
    arriving = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(arriving, path)
    except FileExistsError:
        return False
    finally:
        arriving.unlink()
    return True
