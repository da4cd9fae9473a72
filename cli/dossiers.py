"""The command for files of heads: read for a day, or handed out as a Word file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import Json, On, day_of, now, office, say
from programme.dossier_papers import DossierPaper
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from wiring.schemas.reports import found_dossier_json

if TYPE_CHECKING:
    from store.accounts import Person
    from wiring import Office

_WRITTEN: Final = Sentence("已写入 {path}。", "Written to {path}.")
_NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")


def add_to(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(dossier)


def dossier(  # one option each
    which: Annotated[str, typer.Argument(metavar="PERSON-OR-POST", help="A post or a user. 职务或任职人用户名。")],
    on: On = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write a Word file. 写成公文。")] = None,
    paper: Annotated[DossierPaper, typer.Option(help="Which paper. 哪种材料。")] = DossierPaper.FILE,
    since: Annotated[str, typer.Option("--since", help="First day of the tenure meant. 任期起始日。")] = "",
    letter: Annotated[str, typer.Option(help="The organisation department's letter. 组织部门来函文号。")] = "",
    user: Annotated[str, typer.Option("--as", help="Who reads, by user name. 查看人。")] = "",
    as_json: Json = False,
) -> None:
    """Read the file of a head as it stood on a day. 法治档案。"""
    from programme.dossier_text import whole_text  # noqa: PLC0415  # the catalogue of duties takes its time

    with office() as here:
        lang, day, person = here.settings.lang, day_of(on, here), _person(here, user)
        if output is None:
            found = here.dossiers.read(which, day, now(), person, first=since)
            say(found_dossier_json(found), whole_text(found.dossier, lang), as_json=as_json)
            return
        here.database.require_current()
        data = here.dossier_papers.handed_out(paper, which, day, now(), person, first=since, letter=letter)
        try:
            output.write_bytes(data)
        except OSError as error:
            raise BadData(_NOT_WRITTEN.fill(path=output, why=file_trouble(error))) from error
        say({"file": str(output)}, _WRITTEN.fill(path=output).text(lang), as_json=as_json)


def _person(here: Office, user: str) -> Person | None:
    return here.console.person(user) if user else None
