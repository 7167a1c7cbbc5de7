"""The child's side: get ready to send to a server, time it unloaded, then offer one rate after another."""

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from core.benchmark.sampling import LEAST_FOR_P99
from core.encoders.base import replace_surrogates
from core.encoders.endpoint import Endpoint
from core.errors import ModelUnavailableError
from core.load import arrivals, sender
from core.load.client import Client, Reply
from core.load.result import LEAST_LATE_MS, Settings, Step, Unloaded, median_phases
from core.models import ModelSpec
from core.progress import Progress, silent

PATIENCE_SECONDS = 10.0
WARM_UP_REQUESTS = 5
UNLOADED_REQUESTS, UNLOADED_SECONDS = 40, 4.0
REPORT_EVERY_SECONDS = 0.5

_made: list[Client] = []  # at most one: each test has its own process


def prepare(*, spec: ModelSpec, texts: Sequence[str], settings: Settings, on_progress: Progress = silent) -> Unloaded:
    """Get ready to send these texts to a server, and time it with one request at a time.

    Raises
    ------
    ModelUnavailableError
        The server cannot be reached, refuses, or does not answer with embeddings.
    """
    on_progress(f"Timing {spec.name} with one request at a time", 0, 1)
    close()
    _made[:] = [_client(spec, texts, settings.texts_per_request)]
    for number in range(WARM_UP_REQUESTS):
        _made[0].post(number)
    return _unloaded(_made[0], spec)


def offer(
    *, rate: float, seed: int, unloaded: Unloaded, name: str, settings: Settings, on_progress: Progress = silent
) -> Step:
    """Offer a rate, in requests a second, to the server made ready; see `Settings` for how long."""
    seconds = settings.seconds_of(rate)
    due = arrivals.draw(rate, seconds, seed)
    reported = -REPORT_EVERY_SECONDS

    def report(passed: float) -> None:
        nonlocal reported
        if passed - reported >= REPORT_EVERY_SECONDS:
            reported = passed
            on_progress(f"Sending {rate:.3g} requests a second to {name}", int(10 * passed), int(10 * seconds))

    grace = unloaded.p95_ms / 1000
    outcomes = sender.send(due.tolist(), _made[0].post, seconds=seconds + grace, on_time=report)
    return summarise(outcomes, len(due), seconds, unloaded, settings.texts_per_request)


def close() -> None:
    """Close the connections to the server made ready."""
    while _made:
        _made.pop().close()


def summarise(
    outcomes: Sequence[sender.Outcome], requests: int, seconds: float, unloaded: Unloaded, texts_per_request: int
) -> Step:
    """The figures of a step in which so many requests were due."""
    done = [one for one in outcomes if not one.reply.error]
    in_time = [one for one in done if one.ended <= seconds + unloaded.p95_ms / 1000]
    late = max(LEAST_LATE_MS, unloaded.p95_ms) / 1000
    tokens = [one.reply.tokens for one in in_time]
    latencies = [1000 * one.latency for one in done]
    p50, p95, p99 = (float(value) for value in np.percentile(latencies, [50, 95, 99])) if done else (None, None, None)
    return Step(
        offered=requests / seconds,
        seconds=seconds,
        requests=requests,
        answered=len(in_time) / requests,
        completed=len(in_time) / seconds,
        errors=dict(Counter(one.reply.error for one in outcomes if one.reply.error)),
        late=requests - sum(one.began - one.due <= late for one in outcomes),
        in_flight=sender.most_at_once(outcomes),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99 if len(done) >= LEAST_FOR_P99 else None,
        sent_p95_ms=float(np.percentile([1000 * (one.ended - one.began) for one in done], 95)) if done else None,
        texts_per_second=texts_per_request * len(in_time) / seconds,
        tokens_per_second=None if None in tokens else sum(map(int, filter(None, tokens))) / seconds,
        phases=median_phases([one.reply.phases for one in done]),
    )


def _client(spec: ModelSpec, texts: Sequence[str], texts_per_request: int) -> Client:
    """A client whose requests hold these texts, so many each; the first is tried, which finds out what is wrong."""
    endpoint = Endpoint(spec)
    dimensions = spec.truncate_dim or (spec.server.dimensions if spec.server else None)
    asked = [replace_surrogates(spec.document_prompt + text) for text in texts]
    parts = [
        [asked[(first + place) % len(asked)] for place in range(texts_per_request)]
        for first in range(0, len(asked), texts_per_request)
    ]
    endpoint.embed(parts[0], dimensions, lambda _: None, PATIENCE_SECONDS)
    requests = [endpoint.request(part, dimensions) for part in parts]
    return Client(requests, texts_per_request, endpoint.dialect)


def _unloaded(client: Client, spec: ModelSpec) -> Unloaded:
    replies: list[tuple[float, Reply]] = []
    end = time.perf_counter() + UNLOADED_SECONDS
    while len(replies) < UNLOADED_REQUESTS and (not replies or time.perf_counter() < end):
        began = time.perf_counter()
        reply = client.post(len(replies))
        replies.append((1000 * (reply.ended - began), reply))
    good = [(milliseconds, reply) for milliseconds, reply in replies if not reply.error]
    if not good:
        raise ModelUnavailableError(
            f"{spec.name} answered none of {len(replies)} requests ({replies[-1][1].error}). Check the server."
        )
    p50, p95 = (float(value) for value in np.percentile([milliseconds for milliseconds, _ in good], [50, 95]))
    return Unloaded(p50, p95, len(good), median_phases([reply.phases for _, reply in good]))
