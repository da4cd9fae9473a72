"""Traces across page, desk, flow and delivery: spans with the case's id and the act, and nothing of its content.

A trace ends with its process: what a flow does days later for the same case is found by the attribute `duban.case_id`,
because a trace that is open for weeks is shown by no tool. A letter leaves in the delivery's trace and is linked to the
acts that owe it, whose traceparent their messages have kept. Without an endpoint nothing is exported.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from pythonjsonlogger.json import JsonFormatter

from cases.desk import Desk
from notifications.delivery import unwatched
from states.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime

    from opentelemetry.trace import Span

    from cases.desk import Done
    from config.settings import Settings
    from notifications.delivery import Attempts, Watched
    from states.command import Command
    from store.idempotency import Once
    from store.outbox import Letter

_W3C: Final = TraceContextTextMapPropagator()
MOST_NAMED: Final = 100
_PROVIDERS: Final[list[TracerProvider]] = []
"""The provider of this process, once there is one. Not OpenTelemetry's global one, which Prefect may claim."""


def begin(settings: Settings, service: str) -> None:
    """Let this process write logs, and export traces if an endpoint is set. Repeating does not export twice."""
    configure(settings.log)
    if settings.otlp_endpoint and not _PROVIDERS:
        provider = TracerProvider(resource=Resource.create({"service.name": f"duban-{service}"}))
        exporter = OTLPSpanExporter(f"{settings.otlp_endpoint.rstrip('/')}/v1/traces", timeout=5)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        _PROVIDERS.append(provider)


def use(provider: TracerProvider) -> None:
    """Let spans of this process go to this provider from now on."""
    _PROVIDERS[:] = [provider]


def end() -> None:
    """Send what has not been sent; a process of a minute would take it along."""
    for provider in _PROVIDERS:
        provider.force_flush(5_000)


@contextmanager
def span(name: str, **attributes: str | int) -> Generator[Span]:
    """Measure a piece of work. A refusal is an outcome and no error; its sentence is not kept, as it may quote."""
    if not _PROVIDERS:
        yield trace.INVALID_SPAN
        return
    marked = {f"duban.{key}": value for key, value in attributes.items()}
    tracer = _PROVIDERS[0].get_tracer("duban")
    with tracer.start_as_current_span(
        name, attributes=marked, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("duban.outcome", type(error).__name__)
            if not isinstance(error, Problem):
                current.set_status(trace.StatusCode.ERROR)
            raise


def trace_id(current: Span) -> str | None:
    """Return the trace of a span as logs name it; nothing if there is none."""
    context = current.get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None


def traceparent() -> str | None:
    """Return where this process is being traced at this moment, as W3C writes it; nothing if it is not."""
    carrier: dict[str, str] = {}
    if _PROVIDERS:
        _W3C.inject(carrier)
    return carrier.get("traceparent")


def letters_of(delivery: Span) -> Watched:
    """Return what watches the letters of a delivery: a span each, linked to the acts that owe what is in it."""
    if not _PROVIDERS:
        return unwatched
    # Letters are sent by threads, which do not know what their delivery is in the middle of.
    context, tracer = trace.set_span_in_context(delivery), _PROVIDERS[0].get_tracer("duban")

    def watched(letter: Letter, send: Callable[[], Attempts]) -> Attempts:
        origins = dict.fromkeys(matter.trace for matter in letter.matters if matter.trace)
        contexts = [trace.get_current_span(_W3C.extract({"traceparent": it})).get_span_context() for it in origins]
        with tracer.start_as_current_span(
            "letter",
            context,
            links=[trace.Link(origin) for origin in contexts if origin.is_valid],
            attributes={
                "duban.messages": len(letter.matters),
                "duban.case_ids": sorted({matter.case_id for matter in letter.matters})[:MOST_NAMED],
            },
        ) as current:
            attempts = send()
            current.set_attribute("duban.taken", attempts[-1][1].ok)
            return attempts

    return watched


class TracedDesk(Desk):
    """The desk, with a span and a line of log for every act that a person asks for."""

    def do(self, command: Command, now: datetime, *, once: Once | None = None) -> Done:
        """Do what is asked; see `Desk.do`."""
        with _act(command) as told:
            done = super().do(command, now, once=once)
            told.append(done.case.id)
            return done

    def open(
        self, command: Command, now: datetime, *, fingerprint: str | None = None, once: Once | None = None
    ) -> Done:
        """Open a case; see `Desk.open`."""
        with _act(command) as told:
            done = super().open(command, now, fingerprint=fingerprint, once=once)
            told.append(done.case.id)
            return done

    def open_and_do(
        self, first: Command, then: Sequence[Command], now: datetime, *, fingerprint: str | None = None
    ) -> Done:
        """Open a case and do what follows; see `Desk.open_and_do`."""
        with _act(first) as told:
            done = super().open_and_do(first, then, now, fingerprint=fingerprint)
            told.append(done.case.id)
            return done


@contextmanager
def _act(command: Command) -> Generator[list[int]]:
    """Watch one act; what the block appends is the id of the case."""
    told: list[int] = []
    outcome, began = "done", time.perf_counter()
    with span("desk", act=command.act.value) as current:
        try:
            yield told
        except Problem as problem:
            outcome = type(problem).__name__
            raise
        except BaseException:
            outcome = "error"
            raise
        finally:
            case_id = told[0] if told else command.case_id
            if case_id:
                current.set_attribute("duban.case_id", case_id)
            took = round((time.perf_counter() - began) * 1000, 1)
            act = command.act.value
            note("act", case_id=case_id, act=act, outcome=outcome, milliseconds=took, trace_id=trace_id(current))


LOG: Final = logging.getLogger("duban")


FIELDS: Final = ("case_id", "act", "outcome", "milliseconds", "fired", "failed", "sent", "held", "trace_id")
"""The only fields that are ever written. What is not here cannot slip into a log."""


class _Text(logging.Formatter):
    """One line for people: the message, then the fields that are there."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = " ".join(f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name))
        return f"{super().format(record)} {fields}".rstrip()


def configure(kind: str, stream: TextIO | None = None) -> None:
    """Let this process write its logs to a stream, stderr if none is given; repeating replaces the one before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    if kind == "json":
        names = {"asctime": "at", "levelname": "level"}
        handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(message)s", rename_fields=names))
    else:
        handler.setFormatter(_Text("%(asctime)s %(levelname)s %(message)s"))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def note(message: str, **fields: str | float | None) -> None:
    """Write one line, if this process was told to.

    Raises:
        KeyError: a field is not among those that may be written.
    """
    for name in fields:
        if name not in FIELDS:
            raise KeyError(name)
    if LOG.handlers:
        LOG.info(message, extra={name: value for name, value in fields.items() if value is not None})
