"""The replay that opens from disk: one page with all it needs in it, drawn by whoever checks the events."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from notifications.plan import notices
from notifications.wording import NOTICES
from states.terms import date_text
from states.vocabulary import name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.replay import ReplayStep
    from states.case import Deadline

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


def page(number: str, proved: Sequence[str], steps: Iterable[ReplayStep]) -> str:
    """Return the page of a case after each of its events; `proved` says above it what was proved, and what not."""
    sections = [_section(step) for step in steps]
    title = f"{escape(number)} 案件回放"
    told = "".join(f"<p>{escape(line)}</p>" for line in proved)
    last = len(sections) - 1
    return (
        f'<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'unsafe-inline'\"><style>{_STYLE}</style></head><body><h1>{title}</h1>{told}"
        '<nav><button id="back" type="button">← 上一步</button> '
        f'<label>步 <input id="at" type="range" min="0" max="{last}" value="{last}"></label> '
        '<button id="on" type="button">下一步 →</button> <span id="where" role="status"></span></nav>'
        f"<main>{''.join(sections)}</main><script>{_SCRIPT}</script></body></html>"
    )


def _section(step: ReplayStep) -> str:
    case, event, rules = step.case, step.recorded.event, step.rules
    may, may_not = step.choices()
    facts = [
        ("状态", f"{name(case.state).zh} · {name(case.phase).zh} · {name(case.light).zh}"),
        ("叠加", "、".join(case.overlays) or "—"),
        ("单位", f"{case.unit}（{case.post}）"),
        ("政策", rules.policy.name),
        ("登记时间", event.recorded_at.astimezone(rules.zone).isoformat(timespec="seconds")),
        ("办理人", f"{event.actor.user}（{name(event.actor.role).zh}）"),
    ]
    owed = [(NOTICES[notice.kind][0], "、".join(notice.parties)) for notice in notices(event, case, rules.policy)]
    return (
        f"<section><h2>{event.case_seq}. {date_text(event.occurred_on)} {escape(name(event.act).zh)}</h2>"
        + _table(("项目", "内容"), facts)
        + "<h2>内容</h2>"
        + _table(("数据项", "值"), [(key, _plain(value)) for key, value in event.data.items()])
        + "<h2>在办期限</h2>"
        + _table(("事项", "截止", "依据"), [_due(line) for line in case.deadlines])
        + "<h2>应发通知</h2>"
        + _table(("通知", "对象"), owed)
        + "<h2>可办理</h2><p>"
        + (escape("、".join(f"{name(act).zh}（{name(role).zh}）" for act, role in may.items())) or "—")
        + "</p><details><summary>不可办理的事项及理由</summary>"
        + _table(("事项", "理由"), [(name(act).zh, sentence.text("zh-CN")) for act, sentence in may_not.items()])
        + f"</details><p><small>{step.recorded.hash}</small></p></section>"
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
