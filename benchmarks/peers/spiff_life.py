"""SpiffWorkflow: one BPMN process a case, its serializer's JSON persisted per step into SQLite.

It brings no scheduler and no storage: the loop below is what anyone would write around it. A case that waits for weeks
is not kept in memory, so each step reads the case, lets its timer fire, and writes it back with the row of audit.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from measure import AUDIT, PRAGMAS, STEPS, idle, latency, report
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

TASKS = {f"s{n}" for n in range(len(STEPS))}
LATER = "9999-01-01"
MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
TIMER = (
    '<intermediateCatchEvent id="t{n}"><timerEventDefinition><timeDuration>"PT0S"</timeDuration>'
    "</timerEventDefinition></intermediateCatchEvent>"
)
SCRIPT = '<scriptTask id="s{n}"><script>state = "{name}"</script></scriptTask>'


def process() -> bytes:
    """Return the life of a case in BPMN: a timer, then a task, five times."""
    nodes, path = ['<startEvent id="start"/>'], ["start"]
    for n, name in enumerate(STEPS):
        nodes += [TIMER.format(n=n), SCRIPT.format(n=n, name=name)]
        path += [f"t{n}", f"s{n}"]
    nodes.append('<endEvent id="end"/>')
    path.append("end")
    pairs = itertools.pairwise(path)
    flows = [f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(pairs)]
    inside = "".join(nodes + flows)
    return (
        f'<definitions xmlns="{MODEL}"><process id="life" isExecutable="true">{inside}</process></definitions>'.encode()
    )


class Engine:
    """Cases in a table, each with its serialized workflow and the moment at which its timer is due."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            self.database.execute(f"PRAGMA {pragma}")
        self.database.execute(AUDIT)
        self.database.execute("CREATE TABLE cases (id TEXT PRIMARY KEY, step INTEGER, due TEXT, body TEXT)")
        self.database.execute("CREATE INDEX cases_due ON cases (due)")
        parser = BpmnParser()
        parser.add_bpmn_str(process())
        self.spec = parser.get_spec("life")
        self.serializer = BpmnWorkflowSerializer()

    def open(self, case_id: str, due: str = "") -> None:
        body = self.serializer.serialize_json(BpmnWorkflow(self.spec))
        self.database.execute("INSERT INTO cases VALUES (?, 0, ?, ?)", (case_id, due, body))

    def advance(self, workflow: BpmnWorkflow) -> str:
        """Let the timer fire, and run the one task that it lets go on; return the state that it set."""
        workflow.refresh_waiting_tasks()
        while task := workflow.get_next_task(state=TaskState.READY):
            task.run()
            if task.task_spec.name in TASKS:
                return str(task.data["state"])
        raise AssertionError("no timer was due")

    def step(self, case_id: str) -> None:
        """Read, fire, write: one transition in one transaction."""
        self.database.execute("BEGIN IMMEDIATE")
        number, body = self.database.execute("SELECT step, body FROM cases WHERE id = ?", (case_id,)).fetchone()
        workflow = self.serializer.deserialize_json(body)
        state = self.advance(workflow)
        due = LATER if number + 1 == len(STEPS) else ""
        body = self.serializer.serialize_json(workflow)
        self.database.execute(
            "UPDATE cases SET step = ?, due = ?, body = ? WHERE id = ?", (number + 1, due, body, case_id)
        )
        self.database.execute("INSERT INTO audit VALUES (?, ?, ?)", (case_id, number, state))
        self.database.execute("COMMIT")

    def live(self, case_id: str) -> None:
        self.open(case_id)
        for _ in STEPS:
            self.step(case_id)

    def sweep(self, now: str) -> int:
        """Step every case that is due, once each."""
        due = [row[0] for row in self.database.execute("SELECT id FROM cases WHERE due <= ?", (now,))]
        for case_id in due:
            self.step(case_id)
        return len(due)


def main() -> None:
    cases = int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder) / "spiff.db")
        engine.live("warm")
        slow = latency(lambda n: engine.live(f"alone {n}"), 10)
        for n in range(cases):
            engine.open(f"case {n}")
        began, cpu = time.perf_counter(), time.process_time()
        while engine.sweep("2026"):
            pass
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        query = "SELECT count(*) FROM audit WHERE case_id LIKE 'case %'"
        audited = engine.database.execute(query).fetchone()[0]
        report(cases, audited, seconds, slow, cpu, **{"idle %": idle("self"), "waiting": 0})


if __name__ == "__main__":
    main()
