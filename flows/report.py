"""What a run leaves behind in Prefect: a table of what it did, or an event that it failed, for an automation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prefect import get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.events import emit_event
from prefect.runtime import flow_run

from states.vocabulary import NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cases.sweep import SweepStep

FAILED: Final = "duban.run.failed"
"""The event of a run that failed; an automation on it tells whoever looks after the machine."""


def rows_of(steps: Sequence[SweepStep]) -> list[dict[str, Any]]:
    """Return the table of these steps: number of the case, act, day that it speaks of, how late in whole minutes."""
    return [
        {
            "案号 case": step.number,
            "事项 act": f"{NAMES[step.act][0]} {NAMES[step.act][1]}",
            "期限 due": step.due_on,
            "迟延(分) late (min)": step.late_seconds // 60,
        }
        for step in steps
    ]


def leave_steps(key: str, steps: Sequence[SweepStep], said: str) -> None:
    """Leave what a run did as an artifact under this key; nothing if it did nothing.

    What was done is done and stands in the histories: a server that does not take the table fails no run.
    """
    if not steps:
        return
    leave_table(key, rows_of(steps), said)


def leave_table(key: str, rows: list[dict[str, Any]], said: str) -> None:
    """Leave a table as an artifact under this key; a server that does not take it is only logged."""
    try:
        create_table_artifact(rows, key=key, description=said)
    except Exception as error:  # noqa: BLE001  # whatever Prefect's client raises, the work itself is done
        get_run_logger().warning("the artifact %s was not taken (%s)", key, type(error).__name__)


def announce_failure(flow: str, reason: str) -> None:
    """Emit that a run of this flow failed, and why; the reason holds no content of a case."""
    emit_event(
        FAILED,
        resource={"prefect.resource.id": f"duban.flow.{flow}", "prefect.resource.name": flow},
        payload={"reason": reason[:500], "flow_run": str(flow_run.id or "")},
    )
