"""Logs and traces: which case and which act, and never what a case says."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from states.acts import Act, Role
from states.case import Actor
from states.errors import Problem
from states.guards import Ask
from web.app import application
from wiring import logs, tracing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from tests.offices import Bench

FINDING = "年度工作计划未列入法治建设内容"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.use(provider)
    yield kept
    tracing._PROVIDERS.clear()


@pytest.fixture(params=["json", "text"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.configure(request.param, stream)
    yield stream
    logs.LOG.handlers.clear()


def finding(on: date) -> Ask:
    data = {
        "unit": "密级局",
        "post": "密级局长",
        "duty": "art7-1a",
        "inspection": "regular",
        "finding": FINDING,
        "number": "基准〔2026〕1号",
    }
    return Ask(act=Act.REGISTER_FINDING, actor=Actor(user="bench", role=Role.HANDLER), on=on, data=data)


def test_logs_and_spans_name_case_and_act_and_nothing_of_its_content(
    sqlite_bench: Bench, spans: InMemorySpanExporter, written: io.StringIO
) -> None:
    here = sqlite_bench.office
    at = moment()
    done = here.desk.open_and_do(finding(here.today(at)), [], at)
    again = Ask(
        act=Act.SUBMIT_REPORT,
        actor=Actor(user="x", role=Role.LIAISON),
        on=here.today(at),
        data={},
        case_id=done.case.id,
    )
    with pytest.raises(Problem):
        here.desk.do(again, at)
    here.sweep(at, at)
    here.deliver(at)
    with TestClient(application(here)) as client:
        client.get("/health/live?q=" + FINDING)
    text = written.getvalue()
    told = " ".join(span.to_json() for span in spans.get_finished_spans())
    told += json.dumps([dict(span.attributes or {}) for span in spans.get_finished_spans()], ensure_ascii=False)
    for secret in (FINDING, FINDING.encode("ascii", "backslashreplace").decode(), "密级局", "基准〔2026〕1号", "bench"):
        assert secret not in text
        assert secret not in told
    names = [span.name for span in spans.get_finished_spans()]
    assert {"desk", "sweep", "delivery", "page"} <= set(names)
    desk = [dict(span.attributes or {}) for span in spans.get_finished_spans() if span.name == "desk"]
    assert {span["duban.case_id"] for span in desk} == {done.case.id}
    assert [span["duban.act"] for span in desk] == ["register_finding", "submit_report"]
    assert "duban.outcome" not in desk[0]
    assert "duban.outcome" in desk[1]
    if text.startswith("{"):
        lines = [json.loads(line) for line in text.splitlines()]
        assert lines[0]["case_id"] == done.case.id
        assert lines[0]["act"] == "register_finding"
        assert len(lines[0]["trace_id"]) == 32
    else:
        assert f"case_id={done.case.id} act=register_finding outcome=done" in text


def test_a_field_that_is_not_foreseen_is_not_written() -> None:
    with pytest.raises(KeyError):
        logs.note("act", finding=FINDING)


def test_without_an_endpoint_nothing_is_traced(sqlite_bench: Bench) -> None:
    tracing.begin(sqlite_bench.office.settings, "test")
    logs.LOG.handlers.clear()
    assert not tracing._PROVIDERS


def moment() -> datetime:
    return datetime(2026, 3, 5, 1, tzinfo=UTC)
