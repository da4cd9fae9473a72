"""The lifecycle as a picture, drawn from the machine that executes it."""

from __future__ import annotations

from states.lifecycle import NEW, machine


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
