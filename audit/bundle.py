"""A case as one file that can be verified and replayed away from the office, and against its will."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from audit import offline
from audit.checkpoints import tree_of
from audit.notes import Checkpoint
from audit.verify import stored_text
from states.case import Actor
from states.command import Command
from states.errors import BadData, NotFound, Sentence
from states.evolve import evolve
from states.lifecycle import allowed
from states.sealing import canonical
from states.terms import date_text
from states.vocabulary import Role, name
from store import checkpoints, outbox, personal_data
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from states.case import Case, Deadline
    from states.command import Rules
    from store.events import Recorded

FORMAT = "duban-bundle/1"
_NO_CHECKPOINT = Sentence(
    "还没有覆盖本案全部事件的检查点，请先运行 duban checkpoint make。",
    "No checkpoint covers all events of this case yet; run `duban checkpoint make` first.",
)
_UNREADABLE = Sentence("读不出案卷包 {path}：{why}。", "The bundle {path} cannot be read: {why}.")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a bundle fits together, and the first thing that does not."""

    ok: bool
    events: int
    first_wrong: str | None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a bundle takes what lies outside the tables of cases: rules by an event, and texts by their hashes."""

    rules_at: Callable[[Session, Recorded], Rules]
    policy_text: Callable[[Session, str], str]
    calendar_text: Callable[[Session, str], str]
    evidence: Callable[[str], bytes | None]


def write_bundle(session: Session, case_id: int, sources: Sources) -> bytes:
    """Return the bundle of a case, as a zip file.

    Raises:
        NotFound: there is no such case, or no checkpoint covers all its events.
    """
    history = event_rows.history(session, case_id)
    newest = checkpoints.latest(session)
    if not history or newest is None or newest.size < history[-1].seq:
        raise NotFound(_NO_CHECKPOINT)
    tree = tree_of(session)
    texts = {row[0]: stored_text(row, tree.algorithm) for row in event_rows.stored_rows_of(session, case_id)}
    lines = [canonical({"hash": item.hash, "sealed": texts[item.seq], "seq": item.seq}) for item in history]
    inclusion = {str(item.seq): [step.hex() for step in tree.inclusion(item.seq - 1, newest.size)] for item in history}
    kept: dict[str, bytes] = {}
    left_out = []
    for hash_ in dict.fromkeys(hash_ for item in history for hash_ in item.event.data.get("evidence", ())):
        content = sources.evidence(hash_)
        if content is None:
            left_out.append(hash_)
        else:
            kept[f"evidence/{hash_}"] = content
    for hash_ in {item.event.policy_hash for item in history}:
        kept[f"policies/{hash_}.json"] = sources.policy_text(session, hash_).encode()
    for hash_ in {item.event.calendar_hash for item in history}:
        kept[f"calendars/{hash_}.json"] = sources.calendar_text(session, hash_).encode()
    manifest = {
        "format": FORMAT,
        "case_id": case_id,
        "number": history[0].event.data["number"],
        "events": len(history),
        "hash": tree.algorithm,
        "keys": checkpoints.keys(session),
        "origin": Checkpoint.parse(newest.note.rpartition("\n\n")[0] + "\n").origin,
        "evidence_left_out": left_out,
    }
    kept |= {
        "manifest.json": json.dumps(manifest, ensure_ascii=False, indent=1).encode(),
        "events.jsonl": ("\n".join(lines) + "\n").encode(),
        "proofs.json": json.dumps(inclusion).encode(),
        "checkpoint.txt": newest.note.encode(),
        "verify.py": files("audit").joinpath("offline.py").read_bytes(),
        "personal.json": json.dumps(
            {content.token: [content.salt, content.value] for content in personal_data.of_case(session, case_id)},
            ensure_ascii=False,
        ).encode(),
        "replay.html": page(session, history, sources.rules_at).encode(),
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(kept):
            # One moment for all, so that the same case gives the same bytes.
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), kept[path], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def check_bundle(path: Path, keys: Sequence[str] = ()) -> Verdict:
    """Check a bundle as `verify.py` inside it does, with this program's own copy.

    Raises:
        BadData: the file is no bundle.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            count, _keys = offline.check(archive, keys)
    except offline.Wrong as wrong:
        return Verdict(ok=False, events=0, first_wrong=str(wrong))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise BadData(_UNREADABLE.fill(path=path, why=f"{type(error).__name__}: {error}")) from error
    return Verdict(ok=True, events=count, first_wrong=None)


# --- the replay that opens from disk ------------------------------------------------------------------------------

_STYLE = """
body{font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:1.5rem auto;max-width:70rem;
padding:0 1rem;color:#1b1b1b;background:#fff}h1{font-size:1.3rem}h2{font-size:1.05rem;margin:.8rem 0 .3rem}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.2rem .5rem;text-align:left;
vertical-align:top}nav{position:sticky;top:0;background:#fff;padding:.5rem 0;border-bottom:1px solid #bbb}
nav input{width:60%}section{border-top:2px solid #ddd;padding:.5rem 0 1.5rem}.js section{display:none}
.js section.now{display:block}button{font:inherit;padding:.2rem .8rem}small{color:#555}@media print{nav{display:none}
.js section{display:block}}
"""
_SCRIPT = """
document.documentElement.className='js';
var steps=document.querySelectorAll('section'),at=steps.length-1,slide=document.getElementById('at');
function show(n){at=Math.max(0,Math.min(steps.length-1,n));
for(var i=0;i<steps.length;i++){steps[i].className=i===at?'now':''}
slide.value=at;document.getElementById('where').textContent=(at+1)+' / '+steps.length}
slide.oninput=function(){show(+slide.value)};
document.getElementById('back').onclick=function(){show(at-1)};
document.getElementById('on').onclick=function(){show(at+1)};
document.onkeydown=function(e){if(e.target===slide)return;
if(e.key==='ArrowLeft')show(at-1);if(e.key==='ArrowRight')show(at+1);
if(e.key==='Home')show(0);if(e.key==='End')show(steps.length-1)};
show(at);
"""


def page(session: Session, history: Sequence[Recorded], rules_at: Callable[[Session, Recorded], Rules]) -> str:
    """Return one HTML page, with all it needs in it, that shows the case after each of its events."""
    told = outbox.told(session, history[0].event.case_id)
    case: Case | None = None
    sections = []
    for recorded in personal_data.shown_history(session, history):
        case = evolve(case, recorded.event)
        mine = [item for item in told if item.case_seq == recorded.event.case_seq]
        sections.append(_section(case, recorded, rules_at(session, recorded), mine))
    title = f"{escape(history[0].event.data['number'])} 案件回放"
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'unsafe-inline'\"><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        '<nav><button id="back" type="button">← 上一步</button> '
        f'<label>步 <input id="at" type="range" min="0" max="{len(sections) - 1}" value="{len(sections) - 1}"></label> '
        '<button id="on" type="button">下一步 →</button> <span id="where" role="status"></span></nav>'
        f"<main>{''.join(sections)}</main><script>{_SCRIPT}</script></body></html>"
    )


def _section(case: Case, recorded: Recorded, rules: Rules, told: Sequence[outbox.Told]) -> str:
    event = recorded.event
    asker = Command(act=event.act, actor=Actor(user="", role=Role.SYSTEM), on=event.occurred_on, data={})
    may, may_not = allowed(case, asker, rules)
    facts = [
        ("状态", f"{name(case.state).zh} · {name(case.phase).zh} · {name(case.light).zh}"),
        ("叠加", "、".join(case.overlays) or "—"),
        ("单位", f"{case.unit}（{case.post}）"),
        ("政策", rules.policy.name),
        ("登记时间", event.recorded_at.astimezone(rules.zone).isoformat(timespec="seconds")),
        ("办理人", f"{event.actor.user}（{name(event.actor.role).zh}）"),
    ]
    return (
        f"<section><h2>{event.case_seq}. {date_text(event.occurred_on)} {escape(name(event.act).zh)}</h2>"
        + _table(("项目", "内容"), facts)
        + "<h2>内容</h2>"
        + _table(("数据项", "值"), [(key, _plain(value)) for key, value in event.data.items()])
        + "<h2>在办期限</h2>"
        + _table(("事项", "截止", "依据"), [_due(line) for line in case.deadlines])
        + "<h2>通知</h2>"
        + _table(("通知", "对象", "状态"), [(t.notice, f"{t.unit} {t.post}", t.state) for t in told])
        + "<h2>可办理</h2><p>"
        + (escape("、".join(f"{name(act).zh}（{name(role).zh}）" for act, role in may.items())) or "—")
        + "</p><details><summary>不可办理的事项及理由</summary>"
        + _table(("事项", "理由"), [(name(act).zh, sentence.text("zh-CN")) for act, sentence in may_not.items()])
        + f"</details><p><small>{recorded.hash}</small></p></section>"
    )


def _plain(value: Any) -> str:  # noqa: ANN401  # data of an act
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _due(line: Deadline) -> tuple[str, str, str]:
    return line.kind, date_text(line.due_on) + ("（暂定）" if line.provisional else ""), f"{line.term}，{line.basis}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>—</p>"
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
