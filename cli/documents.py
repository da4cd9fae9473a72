"""Commands about official documents: kinds and templates, drafts, signature, issue, service, void, files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import CaseArgument, Json, On, data_of, day_of, now, office, say
from config.settings import read_settings
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from states.official_document import STATUS_NAMES
from states.vocabulary import Role

if TYPE_CHECKING:
    from documents.issuing import OnItsWay
    from states.case import Actor
    from store.official_documents import KeptDocument
    from wiring import Office

Id = Annotated[int, typer.Argument(metavar="ID", help="The document. 文书编号。")]
As = Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 办理人。")]
Data = Annotated[str, typer.Option("--data", help="Fields of the document, as JSON. 填写的内容（JSON）。")]

_SOUND: Final = Sentence("模板可用。", "The template can be used.")
_FAULTS: Final = Sentence("模板有{count}处问题：", "The template has {count} faults:")
_MOVED: Final = Sentence("文书{id}（{kind}{number}）：{status}。", "Document {id} ({kind} {number}): {status}.")
_MISSING: Final = Sentence("还缺：{fields}", "still missing: {fields}")
_WRITTEN: Final = Sentence("已写入 {path}。", "Written to {path}.")
_NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to `duban document`."""
    for name, command in (
        ("kinds", kinds),
        ("check", check),
        ("draft", draft),
        ("change", change),
        ("show", show),
        ("upload", upload),
        ("submit", submit),
        ("review", review),
        ("return", give_back),
        ("sign", sign),
        ("issue", issue),
        ("serve", serve),
        ("scan", scan),
        ("correct", correct),
        ("file", file),
    ):
        app.command(name)(command)


def kinds(as_json: Json = False) -> None:
    """List the kinds of documents, their acts and their fields. 文种。"""
    from documents.kinds import KINDS, RETENTION_NAMES, Level  # noqa: PLC0415  # Word files bring lxml along

    found = [
        {
            "name": kind.name,
            "zh": kind.zh,
            "en": kind.en,
            "acts": list(kind.acts),
            "layout": kind.layout.value,
            "numbered": kind.numbered,
            "signer": {level.value: kind.signed_by(level).value for level in Level},
            "retention": kind.retention.value,
            "fields": [
                {
                    "name": one.name,
                    "zh": one.zh,
                    "en": one.en,
                    "shape": one.shape.value,
                    "required": one.name in kind.required,
                }
                for one in kind.fields
            ],
        }
        for kind in KINDS.values()
    ]
    lang = read_settings().lang
    kept = {term: Sentence(*words).text(lang) for term, words in RETENTION_NAMES.items()}
    lines = [
        f"{kind.name:<24}{Sentence(kind.zh, kind.en).text(lang)}（{kept[kind.retention]}）" for kind in KINDS.values()
    ]
    say({"kinds": found}, "\n".join(lines), as_json=as_json)


def check(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The template, .docx. 模板。")],
    kind_name: Annotated[str, typer.Option("--kind", help="The kind; by the file's name if not given. 文种。")] = "",
    as_json: Json = False,
) -> None:
    """Read a template and name every field that is unknown, missing or forbidden. 检查模板。"""
    from documents.check import check as check_template  # noqa: PLC0415  # Word files bring lxml along
    from documents.kinds import find_kind  # noqa: PLC0415
    from documents.word_file import read_bounded  # noqa: PLC0415

    with office() as here:
        lang = here.settings.lang
    data = read_bounded(path)
    faults = check_template(data, path.name, find_kind(kind_name or path.stem.removesuffix("_letter")))
    shown = [
        {"place": fault.place or None, "field": fault.field or None, "reason": fault.sentence.text(lang)}
        for fault in faults
    ]
    lines = [_FAULTS.fill(count=len(faults)).text(lang), *(f"  {fault['reason']}" for fault in shown)]
    text = "\n".join(lines) if faults else _SOUND.text(lang)
    say({"ok": not faults, "faults": shown}, text, as_json=as_json)
    if faults:
        raise typer.Exit(1)


def draft(
    case: CaseArgument,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="The kind, such as order. 文种。")],
    data: Data = "",
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Draw a document up from the case; print its id and what is missing. 拟稿。"""
    with office() as here:
        here.database.require_current()
        case_id = here.console.find(case)
        who = _who(here, user, Role.HANDLER)
        made = here.documents.draft(case_id, kind, data_of(data), who, day_of(on, here), now())
        say_document(here, made.kept, made, as_json=as_json)


def change(id_: Id, data: Data, on: On = "", user: As = "", as_json: Json = False) -> None:
    """Type more into a draft; an empty value takes back what was typed. 修改草稿。"""
    with office() as here:
        here.database.require_current()
        who = _who(here, user, Role.HANDLER)
        made = here.documents.change(id_, data_of(data), who, day_of(on, here), now())
        say_document(here, made.kept, made, as_json=as_json)


def show(id_: Id, as_json: Json = False) -> None:
    """Show a document, what it lacks, and its steps. 查看文书。"""
    with office() as here:
        made = here.documents.show(id_, here.today(now()))
        say_document(here, made.kept, made, as_json=as_json)


def submit(
    id_: Id,
    note: Annotated[str, typer.Option(help="A word to the signer. 说明。")] = "",
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Hand a draft to whoever signs it. 送审。"""
    with office() as here:
        here.database.require_current()
        kept = here.documents.submit(id_, _who(here, user, Role.HANDLER), day_of(on, here), now(), note)
        say_document(here, kept, None, as_json=as_json)


def upload(
    id_: Id,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The edited Word file, .docx. 在Word中改好的文件。")],
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Take a Word file that was edited outside as the draft. 上传修改稿。"""
    from documents.word_file import read_bounded  # noqa: PLC0415  # Word files bring lxml along

    with office() as here:
        here.database.require_current()
        who, data = _who(here, user, Role.HANDLER), read_bounded(path)
        kept = here.documents.upload(id_, path.name, data, who, day_of(on, here), now())
        say_document(here, kept, None, as_json=as_json)


def review(
    id_: Id,
    note: Annotated[str, typer.Option(help="What was looked at. 核稿意见。")] = "",
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Pass a submitted document on to who signs it. 核稿。"""
    with office() as here:
        here.database.require_current()
        kept = here.documents.review(id_, _who(here, user, Role.DIRECTOR), day_of(on, here), now(), note)
        say_document(here, kept, None, as_json=as_json)


def give_back(
    id_: Id,
    note: Annotated[str, typer.Option(help="What has to be changed. 退回意见。")],
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Return a document to who drafted it. 退回修改。"""
    with office() as here:
        here.database.require_current()
        kept = here.documents.give_back(id_, _who(here, user, Role.DIRECTOR), day_of(on, here), now(), note)
        say_document(here, kept, None, as_json=as_json)


def sign(id_: Id, on: On = "", user: As = "", as_json: Json = False) -> None:
    """Sign a document: it takes its number. 签发并取号。"""
    with office() as here:
        here.database.require_current()
        who = _who(here, user, here.documents.signer_of(id_))
        say_document(here, here.documents.sign(id_, who, day_of(on, here), now()), None, as_json=as_json)


def issue(id_: Id, on: On = "", user: As = "", as_json: Json = False) -> None:
    """Issue a document: its act is entered. 印发。"""
    with office() as here:
        here.database.require_current()
        who = _who(here, user, here.documents.issuer_of(id_))
        say_document(here, here.documents.issue(id_, who, day_of(on, here), now()), None, as_json=as_json)


def serve(
    id_: Id,
    way: Annotated[str, typer.Option(help="system, courier or refused. 送达方式。")] = "system",
    signed_by: Annotated[str, typer.Option(help="Who signed for it, by post. 签收人（职务）。")] = "",
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Note that a document was served. 登记送达。"""
    with office() as here:
        here.database.require_current()
        who = _who(here, user, Role.HANDLER)
        kept = here.documents.serve(id_, who, day_of(on, here), now(), way=way, signed_by=signed_by)
        say_document(here, kept, None, as_json=as_json)


def scan(
    id_: Id,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="The scan: PDF, JPG or PNG. 扫描件。")],
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Keep the scan of the signed and stamped paper beside the document. 存入扫描件。"""
    from documents.uploads import read_scan  # noqa: PLC0415  # Word files bring lxml along

    with office() as here:
        here.database.require_current()
        who, data = _who(here, user, Role.HANDLER), read_scan(path)
        kept = here.documents.scan(id_, path.name, data, who, day_of(on, here), now())
        say_document(here, kept, None, as_json=as_json)


def correct(
    id_: Id,
    reason: Annotated[str, typer.Option(help="Why it is corrected. 更正的理由。")],
    on: On = "",
    user: As = "",
    as_json: Json = False,
) -> None:
    """Draw up the corrected version of an issued document, which stays as it is. 更正文书。"""
    with office() as here:
        here.database.require_current()
        made = here.documents.correct(id_, _who(here, user, Role.HANDLER), reason, day_of(on, here), now())
        say_document(here, made.kept, made, as_json=as_json)


def void(here: Office, id_: int, reason: str, user: str, *, as_json: bool) -> None:
    """Make a document void that was not issued; its number stays as a gap."""
    who = _who(here, user, Role.DIRECTOR)
    kept = here.documents.void(id_, who, reason, here.today(now()), now())
    say_document(here, kept, None, as_json=as_json)


def file(
    id_: Id,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to: .docx or .pdf. 输出文件。")],
    as_json: Json = False,
) -> None:
    """Write the document as Word file, or as PDF where LibreOffice is present. 下载文书。"""
    with office() as here:
        _name, data = here.documents.file(id_, here.today(now()))
        if output.suffix.lower() == ".pdf":
            from documents.pdf import to_pdf  # noqa: PLC0415  # only where a PDF is asked for

            data = to_pdf(data)
        try:
            output.write_bytes(data)
        except OSError as error:
            raise BadData(_NOT_WRITTEN.fill(path=output, why=file_trouble(error))) from error
        text = _WRITTEN.fill(path=output).text(here.settings.lang)
        say({"id": id_, "file": str(output), "bytes": len(data)}, text, as_json=as_json)


def on_their_way(here: Office) -> list[dict[str, Any]]:
    """Return every document for programs, in the order in which they were drafted."""
    return [_shape(kept) for kept in here.documents.listed()]


def _who(here: Office, user: str, role: Role) -> Actor:
    """Return who acts: the user or role named, or the holder of this role at the console."""
    return here.console.actor(user, role)


def _shape(kept: KeptDocument) -> dict[str, Any]:
    """Return a document as the interface has it; a case is known by its number here, a commendation by its word."""
    from wiring.schemas.documents import official_document_json  # noqa: PLC0415  # the types of JSON take long to load

    shape: dict[str, Any] = {**official_document_json(kept)}
    del shape["case_id"]
    return {("commendation" if key == "commendation_id" else key): value for key, value in shape.items()}


def say_document(here: Office, kept: KeptDocument, made: OnItsWay | None, *, as_json: bool) -> None:
    """Print a document with its steps, and with what it lacks where it was just made."""
    from documents.kinds import find_kind  # noqa: PLC0415  # Word files bring lxml along

    lang = here.settings.lang
    kind = find_kind(kept.kind)
    names = {one.name: one.zh if lang.startswith("zh") else one.en for one in kind.fields}
    missing = list(made.missing) if made is not None else []
    shape = _shape(kept) | {
        "missing": missing,
        "steps": [
            {
                "step": taken.step.value if taken.step else "draft",
                "who": taken.who,
                "role": taken.role,
                "on": taken.day.isoformat(),
                "note": taken.note or None,
            }
            for taken in here.documents.steps(kept.id)
        ],
    }
    status = Sentence(*STATUS_NAMES[kept.status])
    text = _MOVED.fill(id=kept.id, kind=Sentence(kind.zh, kind.en), number=kept.number, status=status).text(lang)
    if missing:
        text += "\n" + _MISSING.fill(fields="、".join(names[name] for name in missing)).text(lang)
    say(shape, text, as_json=as_json)


__all__ = ["add_to", "on_their_way", "say_document", "void"]
