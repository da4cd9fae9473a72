"""Settings that were chosen in the browser on the first day: a file in the home, below the environment.

What the environment of a process says counts before the file, so that whoever runs the installation keeps the last
word. The file is for the account alone, because the password of the mail server may stand in it.
"""

from __future__ import annotations

import os
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from config.settings import CHOSEN_FILE, BadSetting, Settings, read_settings, with_texts
from states.errors import BadData, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHOOSABLE: Final = (
    *("office", "series", "zone", "link"),
    *("smtp_host", "smtp_port", "smtp_user", "smtp_password", "smtp_tls", "smtp_from", "im_gateway"),
)
_NAMES: Final = {
    "office": Sentence("办公室名称", "name of the office"),
    "series": Sentence("案号字头", "series of case numbers"),
    "zone": Sentence("时区", "time zone"),
    "link": Sentence("链接地址", "address of links"),
    "smtp_port": Sentence("发信端口", "port of the mail server"),
    "smtp_tls": Sentence("加密方式", "encryption"),
    "smtp_from": Sentence("发件地址", "sender's address"),
}
_BAD: Final = Sentence("“{name}”填写有误，请核对：{value}", "“{name}” makes no sense: {value}")
_FIXED: Final = Sentence(
    "“{name}”已由本机的环境变量 {variable} 指定，不能在这里更改。",
    "“{name}” is set by the variable {variable} of this machine and cannot be chosen here.",
)


def with_chosen(settings: Settings, values: Mapping[str, str]) -> Settings:
    """Return the settings with what was chosen.

    Raises:
        BadData: a value makes no sense; the sentence names it.
    """
    wanted = {name: values[name].strip() for name in CHOOSABLE if name in values}
    if not wanted.get("office", settings.office):
        raise BadData(_BAD.fill(name=_NAMES["office"], value="—"))
    try:
        return with_texts(settings, wanted)
    except BadSetting as error:
        raise BadData(_BAD.fill(name=_NAMES.get(error.name, error.name), value=error.value[:80])) from error


def keep_chosen(settings: Settings, before: Settings) -> None:
    """Write what was chosen into the home, for all processes that start from now on.

    Raises:
        BadData: the environment says otherwise; then the file is left as it was.
    """
    path = settings.home / CHOSEN_FILE
    old = path.read_text("utf-8") if path.is_file() else None
    lines = [f"DUBAN_{name.upper()}={_quoted(str(getattr(settings, name)))}" for name in CHOOSABLE]
    _write(path, "\n".join(lines) + "\n")
    try:
        _require_effective(settings, before)
    except BadData:
        if old is None:
            path.unlink()
        else:
            _write(path, old)
        raise


def _require_effective(settings: Settings, before: Settings) -> None:
    found = read_settings()
    if found.home.resolve() != settings.home.resolve():
        return  # this process was not started by its environment, as in tests of a part
    for name in CHOOSABLE:
        if getattr(found, name) != getattr(settings, name) and getattr(settings, name) != getattr(before, name):
            raise BadData(_FIXED.fill(name=_NAMES.get(name, name), variable=f"DUBAN_{name.upper()}"))


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _write(path: Path, text: str) -> None:
    arriving = path.with_name(f".{path.name}.{token_hex(8)}")
    with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    arriving.replace(path)
