"""The lifecycle as a picture, drawn from the machine that executes it."""

from __future__ import annotations

from states.decision import machine
from states.lifecycle import TABLE, rows_of
from states.rows import NEW
from states.vocabulary import OUTCOMES, PERSONS_ACTS, SPINE, Role, State, name


def edges() -> list[tuple[str, str, str]]:
    """Return every (from, act, to) of the machine that changes the state, in the order of the table, once each."""
    found: dict[tuple[str, str, str], None] = {}
    for act, event in machine().events.items():
        for moves in event.transitions.values():
            for move in moves:
                if move.dest is not None and move.source != move.dest:
                    found[move.source, act, move.dest] = None
    return list(found)


def mermaid() -> str:
    """Return the diagram in Mermaid's notation. Acts that leave the state as it is are left out."""
    lines = ["stateDiagram-v2"]
    for source, act, dest in edges():
        lines.append(f"    {'[*]' if source == NEW else source} --> {dest} : {act}")
    return "\n".join(lines)


def permissions() -> str:
    """Return who may do what in which state, as a Markdown table: an act a line, a state a column."""
    states: list[State | None] = [None, *SPINE, State.CLOSED]
    heads = [name(state).zh if state else "（未登记）" for state in states]
    lines = ["| 事项 act | " + " | ".join(heads) + " |", "|---" * (len(states) + 1) + "|"]
    for act in PERSONS_ACTS:
        cells = []
        for state in states:
            rows = rows_of(act, state)
            roles = [name(role).zh for role in Role if any(role in row.roles for row in rows)]
            moves = dict.fromkeys(name(row.dest).zh for row in rows if row.dest is not state)
            cells.append("、".join(roles) + (f" → {' / '.join(moves)}" if moves else "") if roles else "—")
        lines.append(f"| {name(act).zh} `{act}` | " + " | ".join(cells) + " |")
    over = "、".join(name(state).zh for state in State if state in OUTCOMES and state is not State.CLOSED)
    only = "只能签收（acknowledge）和更正记录（correct_event）；除移送外还可更改密级标注（mark_confidentiality）"
    return "\n".join(lines) + f"\n\n{over}：{only}。\n"


def transitions() -> str:
    """Return the whole table as Markdown: one line for every act, with all states from which it goes the same way."""
    found: dict[tuple[str, ...], list[str]] = {}
    for row in TABLE:
        stays = row.dest is row.source
        roles = ", ".join(role.value for role in row.roles)
        guards = ", ".join(guard.code for guard in row.guards) or "–"
        key = (row.act.value, name(row.act).zh, "(stays)" if stays else row.dest.value, roles, guards)
        found.setdefault(key, []).append(row.source.value if row.source else "new")
    lines = ["| act | 中文 | from | to | who | guards |", "|---|---|---|---|---|---|"]
    for (act, chinese, dest, roles, guards), sources in found.items():
        everywhere = "every state" if len(set(sources)) == len(State) else ", ".join(dict.fromkeys(sources))
        lines.append(f"| `{act}` | {chinese} | {everywhere} | {dest} | {roles} | {guards} |")
    return "\n".join(lines) + "\n"
