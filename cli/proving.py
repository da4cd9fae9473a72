"""Commands of the proof: bundles, verification, conformance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from audit.bundle import check_bundle, replay_of
from audit.conformance import summed
from cli.console import CaseArgument, Json, now, office, say
from cli.proof_files import WRITTEN, text_of, write_file
from config.settings import read_settings
from states.errors import Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

_GOOD: Final = Sentence(
    "校验通过：{n}条事件，另有{records}条案外记录。", "verified: {n} events, and {records} records outside cases."
)
_BAD: Final = Sentence("校验不通过：{wrong}", "not verified: {wrong}")
_WITNESSED: Final = Sentence(
    "“{name}”已见证至第{size}个位置（{at}）。", "“{name}” has cosigned up to place {size} ({at})."
)
_UNCOVERED: Final = Sentence("以下不在校验范围之内：", "This is not covered:")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(bundle)
    app.command()(verify)
    app.command()(conformance)


def bundle(
    case: CaseArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to, .zip. 文件。")],
    as_json: Json = False,
) -> None:
    """Write a case to one file that can be verified and replayed anywhere. 导出可独立校验的案卷包。"""
    with office() as here:
        here.database.require_current()
        case_id = here.console.find(case)
        here.signing.checkpoint(now())
        content = here.proofs.bundle(case_id)
        write_file(output, content)
        text = WRITTEN.fill(path=output, size=len(content)).text(here.settings.lang)
        say({"file": str(output), "bytes": len(content)}, text, as_json=as_json)


def verify(
    checkpoints: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="A checkpoint kept outside the office. 外存的检查点。")
    ] = None,
    keys: Annotated[
        list[str] | None, typer.Option("--key", help="A public key that is trusted, name+id+key. 可信公钥。")
    ] = None,
    witnesses: Annotated[
        list[str] | None, typer.Option("--witness", help="A witness that must have cosigned, name+id+key. 见证方公钥。")
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="Check this bundle instead, with no database. 案卷包。")] = None,
    page: Annotated[
        Path | None, typer.Option("--replay", help="Write the bundle's case, event by event, as a page. 回放页。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the whole history against its hashes, its checkpoints and the current rows. 校验全部历史。"""
    if bundle is not None:
        _verify_bundle(bundle, keys or (), witnesses or (), page, as_json=as_json)
        return
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        found = here.proofs.verify([text_of(path) for path in checkpoints or ()], keys or (), witnesses or ())
        said = [_GOOD.fill(n=found.events, records=found.records) if found.ok else _BAD.fill(wrong=found.first_wrong)]
        said += [_WITNESSED.fill(name=seen.name, size=seen.size, at=seen.at.isoformat()) for seen in found.witnessed]
        said += [_UNCOVERED, *found.not_covered]
        document = {
            "ok": found.ok,
            "events": found.events,
            "records": found.records,
            "checkpoints": found.checkpoints,
            "first_wrong": found.first_wrong,
            "witnessed": [{"name": w.name, "size": w.size, "at": w.at.isoformat()} for w in found.witnessed],
            "not_covered": [line.text(lang) for line in found.not_covered],
        }
        say(document, "\n".join(line.text(lang) for line in said), as_json=as_json)
        if not found.ok:
            raise typer.Exit(1)


def _verify_bundle(
    path: Path, keys: Sequence[str], witnesses: Sequence[str], page: Path | None, *, as_json: bool
) -> None:
    lang = read_settings().lang
    if page is not None:
        found, drawn = replay_of(path, keys, witnesses)
    else:
        found, drawn = check_bundle(path, keys, witnesses), ""
    document = {
        "ok": found.ok,
        "events": found.events,
        "first_wrong": found.first_wrong,
        "number": found.number,
        "checkpoint": found.checkpoint,
        "signed_by": list(found.signed_by),
        "trusted": found.trusted,
        "said": [line.text(lang) for line in found.said],
    }
    said = found.said if found.ok else (_BAD.fill(wrong=found.first_wrong),)
    if page is not None and found.ok:
        write_file(page, drawn.encode())
    say(document, "\n".join(line.text(lang) for line in said), as_json=as_json)
    if not found.ok:
        raise typer.Exit(1)


def conformance(
    case: Annotated[str, typer.Option("--case", help="Only this case. 仅此案。")] = "", as_json: Json = False
) -> None:
    """Say where cases left their policy, by the units and by the office itself. 合规情况。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        found = here.proofs.conformance(here.console.find(case) if case else None, now())
        rows = [
            {
                "number": line.number,
                "unit": line.unit,
                "side": line.side,
                "case_seq": line.case_seq,
                "kind": line.kind,
                "text": line.what.text(lang),
            }
            for line in found
        ]
        totals = {whose: dict(counted) for whose, counted in summed(found).items()}
        lines = [f"{row['number']}\t{row['side']}\t{row['text']}" for row in rows]
        lines += [f"= {whose}\t{json.dumps(counted, ensure_ascii=False)}" for whose, counted in totals.items()]
        say({"departures": rows, "totals": totals}, "\n".join(lines) or "—", as_json=as_json)
