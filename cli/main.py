"""The command line: `duban …`. Exit 0: done. Exit 1: refused, with the sentence on stderr. Exit 2: wrong usage."""

from __future__ import annotations

import gc
import sys
from collections import UserDict
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

from cli.given import check_what_was_given
from config.home import keep_private
from config.settings import read_settings
from states.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES: Final[Mapping[str, tuple[str, ...]]] = {
    "cli.desk": ("import", "open", "act", "sweep", "deliver", "evidence"),
    "cli.reading": ("allowed", "show", "list", "due", "term"),
    "cli.history": ("replay", "export"),
    "cli.administration": ("up", "migrate", "doctor", "backup", "restore", "user", "contact"),
    "cli.rules": ("policy", "calendar"),
    "cli.deciding": ("proposal", "document"),
    "cli.waiting": ("late", "held"),
    "cli.ledger_layouts": ("layout",),
    "cli.clues": ("clue",),
    "cli.forecast": ("forecast",),
    "cli.obligations": ("obligation",),
    "cli.inspections": ("inspection",),
    "cli.dossiers": ("dossier",),
    "cli.reports": ("report",),
    "cli.ranking": ("ranking", "commendation"),
    "cli.proving": ("verify", "bundle", "conformance"),
    "cli.checkpoints": ("checkpoint",),
    "cli.imported_logs": ("archive",),
    "cli.erasing": ("erase",),
    "cli.people": ("people",),
    "cli.sample": ("sample",),
}
"""Where each command is. Its module is imported when the command is wanted, so that the others cost it nothing."""


@lru_cache
def commands_of(module: str) -> Mapping[str, object]:
    """Return the commands that the module adds, by name."""
    app = typer.Typer()
    import_module(module).add_to(app)
    found = dict(get_group(app).commands)
    for command in found.values():
        _take_no_option_for_a_value(command)
    # What was loaded stays, and is looked through for garbage no more; the command itself makes garbage again.
    gc.freeze()
    gc.enable()
    return found


def _take_no_option_for_a_value(command: Any) -> None:  # noqa: ANN401  # Typer's own copy of click has no public types
    """Let the options of a command, and of those below it, refuse the name of another option in the place of a value.

    `duban verify --replay --json` would else write a page into a file that is called --json.
    """
    for below in getattr(command, "commands", {}).values():
        _take_no_option_for_a_value(below)
    names = {name for param in command.params for name in (*param.opts, *param.secondary_opts) if name.startswith("-")}
    for param in command.params:
        if param.param_type_name == "option" and not getattr(param, "is_flag", False):
            param.callback = _checked(param.callback, names)


def _checked(before: Any, names: set[str]) -> Any:  # noqa: ANN401  # as above
    def callback(context: Any, param: Any, value: Any) -> Any:  # noqa: ANN401  # as click calls it
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if str(one) in names:
                raise typer.BadParameter(f"{param.opts[0]} 后面缺少值 needs a value", ctx=context, param=param)
        return before(context, param, value) if before is not None else value

    return callback


class LazyCommands(UserDict[str, Any]):
    """The commands by name, in the order of `MODULES`; one is loaded when it is asked for."""

    def __getitem__(self, name: str) -> object:
        """Return the command of this name.

        Raises:
            KeyError: there is none.
        """
        return commands_of(self.data[name])[name]


class Commands(TyperGroup):
    """The group of all commands; only `--help` loads every one of them."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  # whatever Typer gives a group
        """Make the group; its commands are not loaded yet."""
        super().__init__(**attributes)
        self.commands = LazyCommands({name: module for module, names in MODULES.items() for name in names})


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="督办 Duban: supervise until done. 督查督办案件管理。",
)


@app.callback()
def _root() -> None:
    """Do nothing: Typer makes a group only of an application with commands or a callback."""


def main() -> None:
    """Run one command; a refusal is a sentence on stderr and exit code 1."""
    lang = "zh-CN"
    gc.disable()  # looking for garbage while modules are loaded took a tenth of a short command's time
    keep_private()
    check_what_was_given()
    try:
        lang = read_settings().lang
        app()
    except Problem as problem:
        typer.secho(problem.sentence.text(lang), fg="red", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
