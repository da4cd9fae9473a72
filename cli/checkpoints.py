"""Commands of the checkpoints: signed states of the history, their keys, witnesses and timestamps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from audit.notes import Checkpoint, Key
from audit.witness import cosign, witness_in
from cli.console import Json, now, office, say
from cli.proof_files import text_of, write_file
from config.settings import read_settings
from states.errors import NotFound, Sentence

checkpoint = typer.Typer(no_args_is_help=True, help="Signed states of the history. 检查点。")
_NOTHING: Final = Sentence("没有新的事件需要签发。", "There is nothing new to sign.")
_MADE: Final = Sentence(
    "已签发检查点：{size}条事件，核对码 {code}，已送达 {sent} 处。",
    "Signed a checkpoint: {size} events, code {code}, sent to {sent} places.",
)
_ROTATED: Final = Sentence("已更换签名密钥，新公钥：{key}", "The key was rotated; the new public key: {key}")
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


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
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
        found, _keys = here.proofs.checkpoints()
        rows = [
            {"size": kept.size, "root": kept.root, "signed_at": kept.signed_at.isoformat(), "sent_to": kept.sent_to}
            for kept in found
        ]
        lines = [f"{row['size']}\t{row['signed_at']}\t{row['root']}\t{row['sent_to']}" for row in rows]
        say({"checkpoints": rows}, "\n".join(lines) or "—", as_json=as_json)


def checkpoint_show(as_json: Json = False) -> None:
    """Print the newest checkpoint, and its short code for paper or telephone. 最新检查点。"""
    with office() as here:
        kept = here.proofs.newest_checkpoint()
        if kept is None:
            raise NotFound(_NOTHING)
        code = Checkpoint.parse(kept.note.rpartition("\n\n")[0] + "\n").code()
        say({"note": kept.note, "code": code, "size": kept.size}, f"{kept.note}\n{code}", as_json=as_json)


def checkpoint_keys(as_json: Json = False) -> None:
    """Print the public keys that have signed, for whoever is to trust them. 公钥。"""
    with office() as here:
        _kept, found = here.proofs.checkpoints()
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
    with office() as here:
        document = here.proofs.inclusion(seq, old)
        say(document, json.dumps(document, indent=1), as_json=as_json)


def checkpoint_request(
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to. 文件。")],
    old: Annotated[int, typer.Option(help="Up to where the witness has cosigned. 见证方已见证的长度。", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Write what a witness is asked: the newest checkpoint, with the proof that it goes on. 生成见证请求。"""
    with office() as here:
        here.database.require_current()
        write_file(output, here.signing.request(old).encode())
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
    found = cosign(text_of(request), witness, [Key.parse(text) for text in log], folder, now())
    write_file(output, found.note.encode())
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
        count = here.signing.accept(text_of(file))
        say({"new": count}, _ACCEPTED.fill(count=count).text(here.settings.lang), as_json=as_json)


def checkpoint_stamp(as_json: Json = False) -> None:
    """Have the newest checkpoint stamped by the timestamp authority of the settings. 加盖时间戳。"""
    with office() as here:
        here.database.require_current()
        size = here.signing.stamp()
        text = _STAMPED.fill(size=size) if size else _NOT_STAMPED
        say({"size": size}, text.text(here.settings.lang), as_json=as_json)
