"""Commands for the office's reports: the monthly bulletin and the quarterly report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import Json, now, office, say
from programme.periods import PeriodKind, before, parse_period, period_of
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from states.terms import parse_date

if TYPE_CHECKING:
    from programme.report import Report

report = typer.Typer(no_args_is_help=True, help="The office's reports. 督查通报、督查专报。")

Which = Annotated[str, typer.Option("--period", help="2026-05 or 2026Q2; the last one if not given. 期间。")]
Until = Annotated[str, typer.Option("--until", help="Counted as of which day of the period. 截至日期。")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write a Word file. 写成公文。")]

_WRITTEN: Final = Sentence("已写入 {path}。", "Written to {path}.")
_NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    report.command("monthly")(monthly)
    report.command("quarterly")(quarterly)
    app.add_typer(report, name="report")


def monthly(period: Which = "", until: Until = "", output: Output = None, as_json: Json = False) -> None:
    """Count the bulletin of a month. 月度督查通报。"""
    _report(PeriodKind.MONTH, period, until, output, as_json=as_json)


def quarterly(period: Which = "", until: Until = "", output: Output = None, as_json: Json = False) -> None:
    """Count the report of a quarter. 季度督查专报。"""
    _report(PeriodKind.QUARTER, period, until, output, as_json=as_json)


def _report(kind: PeriodKind, text: str, until: str, output: Path | None, *, as_json: bool) -> None:
    from wiring.schemas.reports import report_json  # noqa: PLC0415  # brings Word files along

    with office() as here:
        period = parse_period(text, kind) if text else before(period_of(kind, here.today(now())))
        found = here.reports.report(period, now(), None, until=parse_date(until) if until else None)
        shown = _text(found, here.settings.lang)
        if output is not None:
            try:
                output.write_bytes(here.report_paper(found))
            except OSError as error:
                raise BadData(_NOT_WRITTEN.fill(path=output, why=file_trouble(error))) from error
            shown = _WRITTEN.fill(path=output).text(here.settings.lang)
        say(report_json(found), shown, as_json=as_json)


def _text(found: Report, lang: str) -> str:
    from programme.report_text import Words, plain  # noqa: PLC0415  # brings Word files along

    words = Words(found, lang, None)
    lines = [words.title()]
    for block in words.blocks():
        lines += ["", block.heading, *(f"  {plain(text)}" for text in block.paragraphs)]
        lines += ["  " + "\t".join(plain(cell) for cell in row) for row in block.table]
    return "\n".join(lines)
