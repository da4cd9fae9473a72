"""The whole product of states, acts and roles against approved text: change the table, change the text."""

from __future__ import annotations

from pathlib import Path

from states.lifecycle import rows_of
from states.vocabulary import Act, Role, State

APPROVED = Path(__file__).with_name("approved_lifecycle.txt")


def product() -> list[str]:
    """Return one line for every state and act that has a row, with the roles that may; all else is refused."""
    lines = []
    for state in (None, *State):
        for act in Act:
            for row in rows_of(act, state):
                guards = " ".join(guard.code for guard in row.guards) or "-"
                told_apart = "*" if row.when else "-"
                roles = ",".join(role.value for role in Role if role in row.roles)
                lines.append(f"{state or 'new'} | {act} | {row.dest} | {roles} | {guards} | {told_apart}")
    return lines


def test_every_combination_is_as_approved() -> None:
    assert "\n".join(product()) + "\n" == APPROVED.read_text("utf-8")
