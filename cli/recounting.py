"""What commands say while and after all deadlines are counted again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from cli.console import say
from states.errors import Sentence

if TYPE_CHECKING:
    from cases.recount import Recount

_DONE: Final = Sentence(
    "已核对{looked_at}案，调整{changed}案、{moved}个期限。",
    "looked at {looked_at} cases, changed {changed}, moved {moved} deadlines.",
)


def on_progress(done: int, of: int) -> None:
    """Show on the terminal how far a long run is; programs that read the output do not see it."""
    typer.echo(f"\r{done}/{of}", nl=done >= of, err=True)


def say_recount(total: Recount, lang: str, *, as_json: bool) -> None:
    """Print how many cases were looked at, and how many of them and of their deadlines have changed."""
    counted = {"looked_at": total.looked_at, "changed": total.changed, "moved": total.moved}
    say(counted, _DONE.fill(**counted).text(lang), as_json=as_json)
