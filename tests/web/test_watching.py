"""Logs and traces: which case and which act, and never what a case says."""

from __future__ import annotations

import gzip
import io
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest
from fastapi.testclient import TestClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from states.case import Actor
from states.command import Command
from states.errors import Problem
from states.vocabulary import Act, Role
from store import contacts, unit_posts
from store.schema.outbox import OutboxRow
from tests.support.applications import over
from tests.support.mailboxes import mail_server
from tests.support.offices import Bench, at
from wiring import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from opentelemetry.trace import SpanContext

    from tests.support.databases import Databases

FINDING = "年度工作计划未列入法治建设内容"


def _place(span: ReadableSpan) -> SpanContext:
    """Return where a span stands: which trace, which span."""
    found = span.get_span_context()
    assert found is not None
    return found


def _provider(kept: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return provider


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    kept = InMemorySpanExporter()
    telemetry.use(_provider(kept))
    yield kept
    telemetry._TRACING.clear()


@pytest.fixture(params=["json", "text"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    telemetry.configure(request.param, stream)
    yield stream
    telemetry.LOG.handlers.clear()


def finding(on: date) -> Command:
    data = {
        "unit": "密级局",
        "post": "密级局长",
        "duty": "art7-1a",
        "inspection": "regular",
        "finding": FINDING,
        "number": "基准〔2026〕1号",
    }
    return Command(act=Act.REGISTER_FINDING, actor=Actor(user="bench", role=Role.HANDLER), on=on, data=data)


def test_logs_and_spans_name_case_and_act_and_nothing_of_its_content(
    sqlite_bench: Bench, spans: InMemorySpanExporter, written: io.StringIO
) -> None:
    here = sqlite_bench.office
    at = moment()
    done = here.desk.open_and_do(finding(here.today(at)), [], at)
    again = Command(
        act=Act.SUBMIT_REPORT,
        actor=Actor(user="x", role=Role.LIAISON),
        on=here.today(at),
        data={},
        case_id=done.case.id,
    )
    with pytest.raises(Problem):
        here.desk.do(again, at)
    here.rounds.sweep(at, at)
    here.rounds.deliver(at)
    with TestClient(over(here)) as client:
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


def test_a_letter_is_linked_to_the_acts_that_owe_it(
    database_url: str, tmp_path: Path, spans: InMemorySpanExporter
) -> None:
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        case = bench.ordered("03-04")
        bench.open("03-04")
        _reachable(bench)
        bench.office.rounds.deliver(at("03-05"))
        assert mails.arrived
    found = spans.get_finished_spans()
    acts = {_place(span).span_id: span for span in found if span.name == "desk"}
    (delivery,) = (span for span in found if span.name == "delivery")
    letters = [span for span in found if span.name == "letter"]
    assert len(letters) == len(mails.arrived)
    owing = set()
    for letter in letters:
        assert letter.parent is not None
        assert letter.parent.span_id == _place(delivery).span_id
        assert (letter.attributes or {})["duban.taken"] is True
        assert letter.links
        owing |= {acts[link.context.span_id].attributes["duban.act"] for link in letter.links}  # type: ignore[index]
        assert {link.context.trace_id for link in letter.links} <= {_place(span).trace_id for span in acts.values()}
    assert "serve_order" in owing
    assert any(case in (letter.attributes or {})["duban.case_ids"] for letter in letters)  # type: ignore[operator]


def test_what_time_owes_is_linked_to_the_sweep_and_what_was_not_traced_to_nothing(
    sqlite_bench: Bench, spans: InMemorySpanExporter
) -> None:
    telemetry._TRACING.clear()
    sqlite_bench.ordered("02-06", term="5wd")
    telemetry.use(_provider(spans))
    sqlite_bench.office.rounds.sweep(at("03-05"), at("03-05"))
    with sqlite_bench.office.database.reading() as session:
        rows = session.execute(select(OutboxRow.case_seq, OutboxRow.trace).order_by(OutboxRow.id)).all()
    (swept,) = (_place(span) for span in spans.get_finished_spans() if span.name == "sweep")
    of_sweep = f"00-{swept.trace_id:032x}-{swept.span_id:016x}-"
    assert {row.trace[:-2] for row in rows if row.trace} == {of_sweep}
    assert {row.trace for row in rows if row.case_seq <= 2} == {None}


class _Collector(BaseHTTPRequestHandler):
    """A collector of traces that keeps what it is sent."""

    requests: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_POST(self) -> None:  # http.server's own name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.requests.append((self.path, self.headers["Content-Type"], body))
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()
        self.wfile.write(ExportTraceServiceResponse().SerializeToString())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's own name
        """Say nothing."""


def test_a_collector_gets_spans_that_it_can_read(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    _Collector.requests.clear()
    with (
        HTTPServer(("127.0.0.1", 0), _Collector) as collector,
        mail_server() as mails,
        Bench(
            url,
            tmp_path,
            smtp_host="127.0.0.1",
            smtp_port=mails.port,
            otlp_endpoint=f"http://127.0.0.1:{collector.server_port}/",
        ) as bench,
    ):
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        try:
            telemetry.begin(bench.settings, "web")
            case = bench.ordered("03-04")
            _reachable(bench)
            bench.office.rounds.deliver(at("03-05"))
            telemetry.end()
        finally:
            for tracing in telemetry._TRACING:
                tracing.provider.shutdown()
            telemetry._TRACING.clear()
            telemetry.LOG.handlers.clear()
            collector.shutdown()
    got = []
    for path, kind, body in _Collector.requests:
        assert (path, kind) == ("/v1/traces", "application/x-protobuf")
        assert FINDING.encode() not in body
        told = ExportTraceServiceRequest.FromString(body)
        for resource in told.resource_spans:
            assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == "duban-web"
            got += [span for scope in resource.scope_spans for span in scope.spans]
    by_name = {span.name: span for span in got}
    assert set(by_name) >= {"desk", "delivery", "letter"}
    acts = {span.span_id: span for span in got if span.name == "desk"}
    linked = [acts[link.span_id] for span in got if span.name == "letter" for link in span.links]
    assert {a.value.int_value for span in linked for a in span.attributes if a.key == "duban.case_id"} == {case}
    assert by_name["letter"].parent_span_id == by_name["delivery"].span_id


def _reachable(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        for line in contacts.posts_without_contact(session):
            post = unit_posts.find_post(session, line["unit"], line["post"])
            contacts.set_contacts(session, post, [("mail", f"p{post}@example.invalid")])


def test_a_field_that_is_not_foreseen_is_not_written() -> None:
    with pytest.raises(KeyError):
        telemetry.note("act", finding=FINDING)


def test_without_an_endpoint_nothing_is_traced(sqlite_bench: Bench) -> None:
    telemetry.begin(sqlite_bench.office.settings, "test")
    telemetry.LOG.handlers.clear()
    assert not telemetry._TRACING


def moment() -> datetime:
    return datetime(2026, 3, 5, 1, tzinfo=UTC)
