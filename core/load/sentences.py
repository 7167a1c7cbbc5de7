"""What a load test found in plain words, to be said aloud."""

from core.load.result import LoadTest, Step
from core.wording import count, join, milliseconds, three_figures


def answer(test: LoadTest) -> str:
    """How many requests a second it answers, how long they take, and what happens above."""
    limit, beyond = test.limit, test.beyond
    if limit is None:
        slowest = test.by_rate[0]
        return f"{test.model} kept up with none of the rates tried: at {_rate(slowest)}, {_what(test, slowest)}."
    most = f"{test.model} answers {'at least ' if test.is_at_least else ''}{_rate(limit)}"
    takes = (
        f"half of them take up to {milliseconds(limit.p50_ms or 0)}, 95 in 100 up to {milliseconds(limit.p95_ms or 0)}"
    )
    if beyond is None:
        return f"{most}, the highest rate tried: {takes}."
    if test.is_at_least:
        return f"{most}: {takes}. At {_rate(beyond)}, {_what(test, beyond)}."
    return f"{most} before they pile up: {takes}. At {_rate(beyond)}, {_what(test, beyond)}."


def how(test: LoadTest) -> str:
    """How it was measured, for a line below the figures."""
    computed = [test.device, test.engine, test.precision] if test.device else ["behind its server"]
    facts = [
        test.model,
        *([f"revision {test.revision[:14]}"] if test.revision else []),
        *computed,
        f"{count(test.settings.texts_per_request, 'text')} a request of {count(test.texts, 'text')}",
        f"{test.settings.seconds:g} s or {test.settings.least_requests} requests of each rate",
        f"unloaded 95th percentile {milliseconds(test.unloaded.p95_ms)}",
        f"accepted up to {milliseconds(test.most_ms)}",
        test.created[:10],
    ]
    return " · ".join(facts)


def troubles(test: LoadTest, step: Step) -> str:
    """Why it did not keep up with a rate, for a cell; empty if it did."""
    return _what(test, step) if test.trouble(step) else ""


def phases(test: LoadTest) -> str:
    """Where the time goes at the limit, by the server's own account; empty if it gives none."""
    step = test.limit
    if step is None or not step.phases:
        return ""
    parts = [f"{name} {milliseconds(value)} (unloaded {_unloaded(test, name)})" for name, value in step.phases.items()]
    return f"By the server's own account, half of the requests at the limit take up to: {join(parts)}."


def _unloaded(test: LoadTest, phase: str) -> str:
    return milliseconds(test.unloaded.phases[phase]) if phase in test.unloaded.phases else "unknown"


def _rate(step: Step) -> str:
    return f"{three_figures(step.offered)} requests a second"


def _what(test: LoadTest, step: Step) -> str:
    """What happens at a rate with which the server does not keep up."""
    kind = test.trouble(step)
    if kind == "errors":
        reason = max(step.errors, key=lambda name: step.errors[name])
        return f"{_percent(step.error_share)} of the requests fail, most of them with: {reason}"
    if kind == "sender":
        return "this machine is too busy to send the requests in time"
    if kind == "unfinished":
        return f"only {_percent(step.answered)} of the requests are answered in time"
    return f"95 in 100 take up to {milliseconds(step.p95_ms or 0)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
