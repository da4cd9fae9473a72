"""What the program says of itself while it runs: spans of traces and lines of log, with no content of a case.

A span has the case's id and the act. A trace ends with its process: what a flow does days later for the same case is
found by the attribute `duban.case_id`, because a trace that is open for weeks is shown by no tool. Without an endpoint
nothing is traced, and OpenTelemetry is not even loaded (`wiring.otlp`).
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from cases.desk import Desk
from states.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime

    from opentelemetry.sdk.trace import TracerProvider

    from cases.desk import Done
    from config.settings import Settings
    from notifications.delivery import Watched
    from states.command import Command
    from store.idempotency import IdempotencyKey
    from store.visibility import Reader
    from wiring.otlp import Span, Tracing

_TRACING: Final[list[Tracing]] = []
"""Where the spans of this process go, once they go anywhere."""


class NoSpan:
    """Stands for a span where nothing is traced."""

    trace_id: None = None

    def set_attribute(self, name: str, value: object) -> None:
        """Forget the attribute."""


def begin(settings: Settings, service: str) -> None:
    """Let this process write logs, and export traces if an endpoint is set. Repeating does not export twice."""
    configure(settings.log)
    if settings.otlp_endpoint and not _TRACING:
        from wiring.otlp import Tracing, exporting  # noqa: PLC0415  # loaded only where something is traced

        _TRACING.append(Tracing(exporting(settings.otlp_endpoint, service)))


def use(provider: TracerProvider) -> None:
    """Let spans of this process go to this provider from now on."""
    from wiring.otlp import Tracing  # noqa: PLC0415  # loaded only where something is traced

    _TRACING[:] = [Tracing(provider)]


def end() -> None:
    """Send the spans that have not been sent; they would be lost with the process."""
    for tracing in _TRACING:
        tracing.flush()


@contextmanager
def span(name: str, **attributes: str | int) -> Generator[Span | NoSpan]:
    """Measure a piece of work. A refusal is an outcome and no error; its sentence is not kept, as it may quote."""
    if not _TRACING:
        yield NoSpan()
        return
    marked = {f"duban.{key}": value for key, value in attributes.items()}
    with _TRACING[0].span(name, marked) as current:
        try:
            yield current
        except BaseException as error:
            current.set_attribute("duban.outcome", type(error).__name__)
            if not isinstance(error, Problem):
                current.fail()
            raise


def traceparent() -> str | None:
    """Return where this process is being traced at this moment, as W3C writes it; nothing if it is not."""
    return _TRACING[0].traceparent() if _TRACING else None


def letters_of(delivery: Span | NoSpan) -> Watched:
    """Return what watches the letters of a delivery: a span each, linked to the acts that owe what is in it."""
    if not _TRACING or isinstance(delivery, NoSpan):
        from notifications.delivery import unwatched  # noqa: PLC0415  # loaded only by who delivers

        return unwatched
    return _TRACING[0].letters_of(delivery)


class TracedDesk(Desk):
    """The desk, with a span and a line of log for every act that a person asks for."""

    def do(
        self, command: Command, now: datetime, *, once: IdempotencyKey | None = None, reader: Reader | None = None
    ) -> Done:
        """Do what is asked; see `Desk.do`."""
        with _act(command) as told:
            done = super().do(command, now, once=once, reader=reader)
            told.append(done.case.id)
            return done

    def open(  # as the desk's own
        self,
        command: Command,
        now: datetime,
        *,
        fingerprint: str | None = None,
        once: IdempotencyKey | None = None,
        new_unit: bool = False,
        reader: Reader | None = None,
    ) -> Done:
        """Open a case; see `Desk.open`."""
        with _act(command) as told:
            done = super().open(command, now, fingerprint=fingerprint, once=once, new_unit=new_unit, reader=reader)
            told.append(done.case.id)
            return done

    def open_and_do(  # as the desk's own
        self,
        first: Command,
        then: Sequence[Command],
        now: datetime,
        *,
        fingerprint: str | None = None,
        new_unit: bool = False,
        is_cited: bool = True,
        reader: Reader | None = None,
    ) -> Done:
        """Open a case and do what follows; see `Desk.open_and_do`."""
        with _act(first) as told:
            done = super().open_and_do(
                first, then, now, fingerprint=fingerprint, new_unit=new_unit, is_cited=is_cited, reader=reader
            )
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
            note("act", case_id=case_id, act=act, outcome=outcome, milliseconds=took, trace_id=current.trace_id)


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
        from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415  # loaded only where logs are JSON

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
