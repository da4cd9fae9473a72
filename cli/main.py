"""The command line: `duban …`. Exit 0: done. Exit 1: refused, with the sentence on stderr. Exit 2: wrong usage."""

from __future__ import annotations

import sys

import typer

from cli import administration, deciding, desk, erasing, history, proving, reading
from config.settings import read_settings
from states.errors import Problem

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="督办 Duban: supervise until done. 督查督办案件管理。",
)
desk.add_to(app)
reading.add_to(app)
history.add_to(app)
administration.add_to(app)
proving.add_to(app)
app.add_typer(erasing.erase, name="erase")
deciding.add_to(app, administration.calendars, administration.policies)


def main() -> None:
    """Run one command; a refusal is a sentence on stderr and exit code 1."""
    lang = "zh-CN"
    try:
        lang = read_settings().lang
        app()
    except Problem as problem:
        typer.secho(problem.sentence.text(lang), fg="red", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
