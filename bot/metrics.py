"""What is counted and timed, in a registry of its own: made once in `open_resources` and handed down."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from bot.records import Outcome
from models.labels import UNSURE

T = TypeVar("T")
R = TypeVar("R")

BATCHES = (1, 2, 4, 8, 16, 32)
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
LAGS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Queue(Protocol):
    """Know how many items wait."""

    @property
    def backlog(self) -> int: ...


class Metrics:
    """Hold the metrics; docs/operations.md says what each means."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.events = Counter("hindsight_gateway_events", "Events from Discord.", ["event"], registry=registry)
        self.queue_length = Gauge(
            "hindsight_queue_length", "Items that wait for a model.", ["model"], registry=registry
        )
        self.batch_size = Histogram(
            "hindsight_batch_size", "Items in one batch of a model.", ["model"], buckets=BATCHES, registry=registry
        )
        self.read_seconds = Histogram(
            "hindsight_read_seconds", "From a new message to its stored label.", buckets=SECONDS, registry=registry
        )
        self.loop_lag = Histogram(
            "hindsight_event_loop_lag_seconds", "How late the event loop is.", buckets=LAGS, registry=registry
        )
        self.rest_calls = Counter(
            "hindsight_rest_calls",
            "Calls of Discord's API, answered or failed.",
            ["method", "status"],
            registry=registry,
        )
        self.readings = Counter("hindsight_readings", "Messages read, by label.", ["label"], registry=registry)
        self.abstentions = Counter(
            "hindsight_abstentions", "Messages read that the reader is unsure of.", registry=registry
        )
        self.flags = Counter("hindsight_flags", "Flags raised, by label.", ["label"], registry=registry)
        self.cards = Counter(
            "hindsight_cards", "Cards made, by state: pending or shadow.", ["state"], registry=registry
        )
        self.reading_paused = Gauge(
            "hindsight_reading_paused", "1 while messages wait for the models or the database.", registry=registry
        )
        self.catch_up_lag = Gauge(
            "hindsight_catch_up_lag_seconds", "Age of the oldest message that is known to wait.", registry=registry
        )

    def render(self) -> bytes:
        """Give all metrics in Prometheus's text format."""
        return generate_latest(self.registry)

    def measured(self, model: str, function: Callable[[list[T]], Sequence[R]]) -> Callable[[list[T]], Sequence[R]]:
        """Note the size of each batch that goes through a model."""
        sizes = self.batch_size.labels(model)

        def measuring(items: list[T]) -> Sequence[R]:
            sizes.observe(len(items))
            return function(items)

        return measuring

    def follow(self, model: str, queue: Queue) -> None:
        """Ask a queue for its length whenever the metrics are."""
        self.queue_length.labels(model).set_function(lambda: queue.backlog)

    def count(self, outcome: Outcome) -> None:
        """Count what became of a message."""
        if outcome.reading is not None:
            self.readings.labels(outcome.reading.label).inc()
            if outcome.reading.label == UNSURE:
                self.abstentions.inc()
        if outcome.flag is not None:
            self.flags.labels(outcome.flag.label).inc()
        if outcome.card is not None:
            self.cards.labels(outcome.card.state).inc()

    def trace(self) -> aiohttp.TraceConfig:
        """Count calls of Discord's API by what came back."""
        config = aiohttp.TraceConfig()

        async def ended(_: aiohttp.ClientSession, __: SimpleNamespace, call: aiohttp.TraceRequestEndParams) -> None:
            self.rest_calls.labels(call.method, str(call.response.status)).inc()

        async def failed(_: aiohttp.ClientSession, __: SimpleNamespace, call: Any) -> None:
            self.rest_calls.labels(call.method, "failed").inc()

        config.on_request_end.append(ended)
        config.on_request_exception.append(failed)
        return config
