"""OpenTelemetry: spans that go to an endpoint (OTLP). Loaded only where something is traced."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from notifications.delivery import Attempts, Watched
    from store.outbox import Digest

_W3C: Final = TraceContextTextMapPropagator()
MOST_NAMED: Final = 100
"""Of how many cases a letter's span gives the ids."""
LONGEST_FLUSH_MILLISECONDS: Final = 5_000


def exporting(endpoint: str, service: str) -> TracerProvider:
    """Return a provider whose spans go to this endpoint in the background, under the name `duban-` and the service."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"duban-{service}"}))
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of work that is being measured."""

    within: trace.Span

    def set_attribute(self, name: str, value: str | int) -> None:
        """Say something of the work."""
        self.within.set_attribute(name, value)

    def fail(self) -> None:
        """Say that the work has failed for a reason nobody foresaw."""
        self.within.set_status(trace.StatusCode.ERROR)

    @property
    def trace_id(self) -> str | None:
        """Return the trace as logs name it; nothing if the span belongs to none."""
        context = self.within.get_span_context()
        return f"{context.trace_id:032x}" if context.is_valid else None


class Tracing:
    """Makes spans at a provider: not at OpenTelemetry's global one, which Prefect may claim."""

    def __init__(self, provider: TracerProvider) -> None:
        """Let spans go to this provider."""
        self.provider = provider
        self.tracer = provider.get_tracer("duban")

    def flush(self) -> None:
        """Send what has not been sent yet."""
        self.provider.force_flush(LONGEST_FLUSH_MILLISECONDS)

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, str | int]) -> Generator[Span]:
        """Measure what the block does; what it raises is for the block to note."""
        with self.tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as current:
            yield Span(current)

    def traceparent(self) -> str | None:
        """Return the current span as W3C's traceparent; nothing outside of any."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent")

    def letters_of(self, delivery: Span) -> Watched:
        """Return what watches the letters of a delivery: a span each, linked to the acts that owe what is in it.

        The messages have kept the traceparent of their acts, which may be days old.
        """
        # Letters are sent by threads, which do not know what their delivery is in the middle of.
        context = trace.set_span_in_context(delivery.within)

        def watched(letter: Digest, send: Callable[[], Attempts]) -> Attempts:
            origins = dict.fromkeys(matter.trace for matter in letter.matters if matter.trace)
            contexts = [trace.get_current_span(_W3C.extract({"traceparent": it})).get_span_context() for it in origins]
            with self.tracer.start_as_current_span(
                "letter",
                context,
                links=[trace.Link(origin) for origin in contexts if origin.is_valid],
                attributes={
                    "duban.messages": len(letter.matters),
                    "duban.case_ids": sorted({matter.case_id for matter in letter.matters if matter.case_id})[
                        :MOST_NAMED
                    ],
                },
            ) as current:
                attempts = send()
                current.set_attribute("duban.taken", attempts[-1][1].ok)
                return attempts

        return watched
