"""The command that fills an empty home with the sample office."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import Json, now, office, say
from config.settings import is_home_named, read_settings
from states.errors import Sentence
from states.vocabulary import name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings
    from wiring.sample import Login

HOME: Final = Path("var-sample")
"""Where the sample goes where no DUBAN_HOME is set, so that it never mixes with an office's own home."""
_FILLED: Final = Sentence(
    "样例已填入 {home}。各角色的登录（只显示这一次，可直接使用）：",
    "The sample is in {home}. The logins of all roles (shown only this once, usable at once):",
)
_THERE: Final = Sentence(
    "样例已在 {home}；登录已在填充时显示，忘记口令的用 duban user password 重新发放。",
    "The sample is in {home}; its logins were shown when it was filled. For a lost password: `duban user password`.",
)
_FILLING: Final = Sentence(
    "正在填充样例，约需半分钟到一分钟……", "Filling in the sample; this takes half a minute to a minute …"
)
_OPEN: Final = Sentence("打开样例：DUBAN_HOME={home} duban up", "To open it: DUBAN_HOME={home} duban up")


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(sample)


def sample(
    once: Annotated[
        bool, typer.Option("--once", help="Do nothing where the sample is already. 已有样例时不再填充。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Fill an empty home with the sample office. 填充样例。"""
    from wiring.sample import AlreadyFilled, fill, require_fillable  # noqa: PLC0415  # brings all of Duban along

    settings = read_settings()
    if not is_home_named():
        settings = replace(settings, home=HOME)
    home = str(settings.home.resolve())
    try:
        require_fillable(settings.home)
    except AlreadyFilled:
        if not once:
            raise
        say({"home": home, "logins": []}, _THERE.fill(home=home).text(settings.lang), as_json=as_json)
        return
    typer.echo(_FILLING.text(settings.lang), err=True)
    with office(settings, compared=False) as here:
        logins = fill(here, now())
    document = [
        {"username": one.username, "role": one.role.value, "name": one.name, "unit": one.unit, "password": one.password}
        for one in logins
    ]
    say({"home": home, "logins": document}, _shown(settings, home, logins), as_json=as_json)


def _shown(settings: Settings, home: str, logins: Sequence[Login]) -> str:
    lang = settings.lang
    lines = [_FILLED.fill(home=home).text(lang)]
    lines += [f"  {one.username:<12} {one.password}  {name(one.role).text(lang)}  {one.unit}" for one in logins]
    return "\n".join([*lines, _OPEN.fill(home=home).text(lang)])
