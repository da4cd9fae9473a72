"""Commands of the proof: checkpoints, bundles, inclusion proofs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from audit.bundle import check_bundle, replay_of
from audit.checkpoints import tree_of
from audit.conformance import summed
from audit.imported_logs import derived, gaps, import_xes
from audit.merkle import hash_leaf
from audit.notes import Checkpoint, Key
from audit.witness import cosign, witness_in
from cli.console import CaseArgument, Json, now, office, say
from config.settings import read_settings
from states.errors import BadData, NotFound, Sentence
from states.file_trouble import file_trouble
from states.terms import Term
from store import checkpoints, imported_logs, leaves
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

checkpoint = typer.Typer(no_args_is_help=True, help="Signed states of the history. 检查点。")
archive = typer.Typer(no_args_is_help=True, help="Histories of other systems, for reading only. 外来历史。")

Log = Annotated[int, typer.Argument(metavar="LOG", help="Which, as `duban archive list` says. 编号。")]

_IMPORTED: Final = Sentence(
    "已导入为第{log}号历史：{traces}案，{events}条事件，略过{odd}处。",
    "Imported as history {log}: {traces} cases, {events} events, {odd} passed over.",
)
_NOTHING: Final = Sentence("没有新的事件需要签发。", "There is nothing new to sign.")
_MADE: Final = Sentence(
    "已签发检查点：{size}条事件，核对码 {code}，已送达 {sent} 处。",
    "Signed a checkpoint: {size} events, code {code}, sent to {sent} places.",
)
_ROTATED: Final = Sentence("已更换签名密钥，新公钥：{key}", "The key was rotated; the new public key: {key}")
_WRITTEN: Final = Sentence("已写入 {path}（{size} 字节）。", "Wrote {path} ({size} bytes).")
_NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")
_LONGEST_NOTE: Final = 64 << 10
_NOT_TEXT: Final = Sentence("它不是 UTF-8 文字", "it is no UTF-8 text")
_UNREADABLE: Final = Sentence("读不出文件 {path}：{why}。", "The file {path} cannot be read: {why}.")
_TOO_LONG: Final = Sentence("文件 {path} 不是检查点：太长。", "The file {path} is no checkpoint: it is too long.")
_GOOD: Final = Sentence(
    "校验通过：{n}条事件，另有{records}条案外记录。", "verified: {n} events, and {records} records outside cases."
)
_BAD: Final = Sentence("校验不通过：{wrong}", "not verified: {wrong}")
_WITNESSED: Final = Sentence(
    "“{name}”已见证至第{size}个位置（{at}）。", "“{name}” has cosigned up to place {size} ({at})."
)
_REQUEST: Final = Sentence("见证请求已写入 {path}。", "The request to the witness is in {path}.")
_COSIGNED: Final = Sentence(
    "已核对并见证：从{before}到{size}个位置，已写入 {path}。本见证方公钥：{key}",
    "Checked and cosigned: from {before} to {size} places, written to {path}. The witness's public key: {key}",
)
_ACCEPTED: Final = Sentence("已收下{count}个见证签名。", "Took in {count} signature(s) of witnesses.")
_STAMPED: Final = Sentence("长度为{size}的检查点已盖时间戳。", "The checkpoint of {size} places was stamped.")
_NOT_STAMPED: Final = Sentence(
    "没有需要盖时间戳的检查点，或没有设置 DUBAN_TSA_URL。",
    "No checkpoint needs a timestamp, or DUBAN_TSA_URL is not set.",
)
_UNCOVERED: Final = Sentence("以下不在校验范围之内：", "This is not covered:")
_NO_ZONE: Final = Sentence("没有时区“{zone}”。", "There is no time zone “{zone}”.")
_NO_PROOF: Final = Sentence("第{seq}号事件还没有被检查点覆盖。", "No checkpoint covers event {seq} yet.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(bundle)
    app.command()(verify)
    app.command()(conformance)
    checkpoint.command("make")(checkpoint_make)
    checkpoint.command("list")(checkpoint_list)
    checkpoint.command("show")(checkpoint_show)
    checkpoint.command("keys")(checkpoint_keys)
    checkpoint.command("rotate")(checkpoint_rotate)
    checkpoint.command("prove")(checkpoint_prove)
    checkpoint.command("request")(checkpoint_request)
    checkpoint.command("cosign")(checkpoint_cosign)
    checkpoint.command("accept")(checkpoint_accept)
    checkpoint.command("stamp")(checkpoint_stamp)
    app.add_typer(checkpoint, name="checkpoint")
    archive.command("import")(archive_import)
    archive.command("list")(archive_list)
    archive.command("show")(archive_show)
    archive.command("gaps")(archive_gaps)
    app.add_typer(archive, name="archive")


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
        _write(output, content)
        text = _WRITTEN.fill(path=output, size=len(content)).text(here.settings.lang)
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
        found = here.proofs.verify([_text_of(path) for path in checkpoints or ()], keys or (), witnesses or ())
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
        _write(page, drawn.encode())
    say(document, "\n".join(line.text(lang) for line in said), as_json=as_json)
    if not found.ok:
        raise typer.Exit(1)


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_NOTE + 1)
        if len(content) > _LONGEST_NOTE:
            raise BadData(_TOO_LONG.fill(path=path))
        return content.decode()
    except OSError as error:
        raise BadData(_UNREADABLE.fill(path=path, why=file_trouble(error))) from error
    except UnicodeDecodeError as error:
        raise BadData(_UNREADABLE.fill(path=path, why=_NOT_TEXT)) from error


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise BadData(_NOT_WRITTEN.fill(path=path, why=file_trouble(error))) from error


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


def checkpoint_make(as_json: Json = False) -> None:
    """Sign the history as it is now, and send copies out. 签发检查点。"""
    with office() as here:
        here.database.require_current()
        made = here.signing.checkpoint(now())
        lang = here.settings.lang
        if made is None:
            say({"made": False}, _NOTHING.text(lang), as_json=as_json)
            return
        said = {"size": made.checkpoint.size, "code": made.checkpoint.code()}
        text = _MADE.fill(**said, sent=len(made.sent)).text(lang)
        document = {**said, "made": True, "note": made.note, "sent": list(made.sent), "failed": list(made.failed)}
        say(document, text, as_json=as_json)
        if made.failed:
            raise typer.Exit(1)


def checkpoint_list(as_json: Json = False) -> None:
    """List all checkpoints. 检查点清单。"""
    with office() as here:
        with here.database.reading() as session:
            found = checkpoints.checkpoints(session)
        rows = [
            {"size": kept.size, "root": kept.root, "signed_at": kept.signed_at.isoformat(), "sent_to": kept.sent_to}
            for kept in found
        ]
        lines = [f"{row['size']}\t{row['signed_at']}\t{row['root']}\t{row['sent_to']}" for row in rows]
        say({"checkpoints": rows}, "\n".join(lines) or "—", as_json=as_json)


def checkpoint_show(as_json: Json = False) -> None:
    """Print the newest checkpoint, and its short code for paper or telephone. 最新检查点。"""
    with office() as here:
        with here.database.reading() as session:
            kept = checkpoints.latest(session)
        if kept is None:
            raise NotFound(_NOTHING)
        code = Checkpoint.parse(kept.note.rpartition("\n\n")[0] + "\n").code()
        say({"note": kept.note, "code": code, "size": kept.size}, f"{kept.note}\n{code}", as_json=as_json)


def checkpoint_keys(as_json: Json = False) -> None:
    """Print the public keys that have signed, for whoever is to trust them. 公钥。"""
    with office() as here:
        with here.database.reading() as session:
            found = checkpoints.keys(session)
        say({"keys": found}, "\n".join(found) or "—", as_json=as_json)


def checkpoint_rotate(as_json: Json = False) -> None:
    """Make a new key; the old one signs beside it until the next rotation. 更换签名密钥。"""
    with office() as here:
        here.database.require_current()
        key = here.signing.rotate_key(now()).text()
        say({"key": key}, _ROTATED.fill(key=key).text(here.settings.lang), as_json=as_json)


def checkpoint_prove(
    seq: Annotated[int, typer.Argument(help="The place of the event in the whole history. 事件序号。", min=1)],
    old: Annotated[
        int, typer.Option(help="Prove also that the newest checkpoint goes on from one of this length. 旧检查点长度。")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Prove that an event stands in the history that was signed. 事件的包含证明。"""
    with office() as here, here.database.reading() as session:
        kept = checkpoints.latest(session)
        place = leaves.place_of(session, seq)
        if seq > event_rows.size(session) or kept is None or kept.size < place:
            raise NotFound(_NO_PROOF.fill(seq=seq))
        tree = tree_of(session)
        leaf = leaves.hashes(session, place - 1, 1)[0]
        document = {
            "leaf_index": place - 1,
            "tree_size": kept.size,
            "leaf_hash": hash_leaf(leaf, tree.algorithm).hex(),
            "hash": tree.algorithm,
            "root": kept.root,
            "proof": [step.hex() for step in tree.inclusion(place - 1, kept.size)],
            "checkpoint": kept.note,
        }
        if old:
            document["consistency"] = [step.hex() for step in tree.consistency(old, kept.size)]
        say(document, json.dumps(document, indent=1), as_json=as_json)


def checkpoint_request(
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to. 文件。")],
    old: Annotated[int, typer.Option(help="Up to where the witness has cosigned. 见证方已见证的长度。", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Write what a witness is asked: the newest checkpoint, with the proof that it goes on. 生成见证请求。"""
    with office() as here:
        here.database.require_current()
        _write(output, here.signing.request(old).encode())
        say({"file": str(output)}, _REQUEST.fill(path=output).text(here.settings.lang), as_json=as_json)


def checkpoint_cosign(
    request: Annotated[Path, typer.Argument(help="What `duban checkpoint request` wrote. 见证请求。")],
    log: Annotated[list[str], typer.Option("--log", help="The office's public key, name+id+key. 被见证单位的公钥。")],
    folder: Annotated[Path, typer.Option(help="The witness's own folder, with its key. 见证方自己的文件夹。")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to, to be sent back. 送回的文件。")],
    name: Annotated[str, typer.Option(help="The witness's name, such as its host. 见证方名称。")] = "witness",
    as_json: Json = False,
) -> None:
    """As a witness outside the office: check that its history goes on from what was cosigned, and cosign. 见证。"""
    witness = witness_in(folder, name)
    found = cosign(_text_of(request), witness, [Key.parse(text) for text in log], folder, now())
    _write(output, found.note.encode())
    said = {"size": found.checkpoint.size, "before": found.before, "key": witness.key.text()}
    text = _COSIGNED.fill(**said, path=output).text(read_settings().lang)
    say({**said, "line": found.line, "code": found.checkpoint.code()}, text, as_json=as_json)


def checkpoint_accept(
    file: Annotated[Path, typer.Argument(help="The checkpoint with a witness's signature. 见证后的检查点。")],
    as_json: Json = False,
) -> None:
    """Keep the signatures that a checkpoint has brought back from witnesses. 收下见证签名。"""
    with office() as here:
        here.database.require_current()
        count = here.signing.accept(_text_of(file))
        say({"new": count}, _ACCEPTED.fill(count=count).text(here.settings.lang), as_json=as_json)


def checkpoint_stamp(as_json: Json = False) -> None:
    """Have the newest checkpoint stamped by the timestamp authority of the settings. 加盖时间戳。"""
    with office() as here:
        here.database.require_current()
        size = here.signing.stamp()
        text = _STAMPED.fill(size=size) if size else _NOT_STAMPED
        say({"size": size}, text.text(here.settings.lang), as_json=as_json)


def archive_import(
    file: Annotated[Path, typer.Argument(help="An XES file, plain or .gz. XES 文件。")], as_json: Json = False
) -> None:
    """Take a history of another system in, for reading only. 导入外来历史。"""
    with office() as here:
        here.database.require_current()
        with here.database.transaction() as session:
            found = import_xes(session, file, now())
        report = found.report()
        said = {"log": found.log_id, "traces": found.traces, "events": found.events}
        text = _IMPORTED.fill(**said, odd=found.odd.total()).text(here.settings.lang)
        say({**said, **report}, "\n".join([text, *found.examples]), as_json=as_json)


def archive_list(as_json: Json = False) -> None:
    """List the histories of other systems. 外来历史清单。"""
    with office() as here:
        with here.database.reading() as session:
            found = imported_logs.logs(session)
        rows = [
            {"log": line.id, "name": line.name, "traces": line.traces, "events": line.events, "sha256": line.sha256}
            for line in found
        ]
        lines = [f"{row['log']}\t{row['name']}\t{row['traces']}\t{row['events']}" for row in rows]
        say({"logs": rows}, "\n".join(lines) or "—", as_json=as_json)


def archive_show(
    log: Log,
    case: Annotated[str, typer.Option("--case", help="One case, event by event. 个案。")] = "",
    as_json: Json = False,
) -> None:
    """Show how often what happened, or one case event by event. 统计或个案回放。"""
    with office() as here, here.database.reading() as session:
        found = imported_logs.log(session, log)
        if case:
            events = imported_logs.trace(session, log, case)
            lines = [f"{event['at']}\t{event['activity']}\t{event['resource']}" for event in events]
            say({"log": log, "case": case, "events": events}, "\n".join(lines) or "—", as_json=as_json)
            return
        counted = imported_logs.activities(session, log)
        document = {"log": log, "name": found.name, "traces": found.traces, "events": found.events}
        lines = [f"{count}\t{activity}" for activity, count in counted.items()]
        say({**document, "activities": counted, "report": found.report}, "\n".join(lines) or "—", as_json=as_json)


def archive_gaps(
    log: Log,
    first: Annotated[str, typer.Argument(help="The earlier activity. 前一活动。")],
    then: Annotated[str, typer.Argument(help="The later activity. 后一活动。")],
    zone: Annotated[str, typer.Option(help="In whose calendar days. 时区。")] = "",
    term: Annotated[str, typer.Option(help="Count also who kept exactly this term, such as 60d. 期限。")] = "",
    as_json: Json = False,
) -> None:
    """Say how many calendar days lie between two activities, and in how many cases. 两活动间隔天数。"""
    with office() as here, here.database.reading() as session:
        imported_logs.log(session, log)
        try:
            wanted = ZoneInfo(zone) if zone else here.settings.tz
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadData(_NO_ZONE.fill(zone=zone)) from error
        found = gaps(session, log, first, then, wanted)
        days = {str(day): found[day] for day in sorted(found)}
        lines = [f"{day}\t{count}" for day, count in days.items()]
        document: dict[str, Any] = {"log": log, "cases": found.total(), "days": days}
        if term:
            kept, both = derived(session, log, first, then, wanted, Term.parse(term))
            document |= {"term": term, "derived": kept}
            lines.append(f"{term}\t{kept} / {both}")
        say(document, "\n".join(lines) or "—", as_json=as_json)
