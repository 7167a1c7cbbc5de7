"""A load test from beginning to end: who sends and who serves live in processes of their own, and end with it."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from core.benchmark import turn
from core.errors import InputError, ModelUnavailableError
from core.jobs.child import Child
from core.load import history, limit
from core.load.result import MOST_SECONDS, SCHEMA, LoadTest, Settings, Step, Unloaded
from core.load.sender import MOST_IN_FLIGHT
from core.load.server import Served
from core.machine import this_machine
from core.models import ModelSpec, Server
from core.models.dialects import DIALECTS
from core.models.files import availability
from core.progress import Progress, silent

MOST_TEXTS = 256
MOST_TEXTS_PER_REQUEST = 256
EXPECTED_STEPS = 12
CLEARLY_UNANSWERED = 0.75  # of the requests in time: less is no chance

OnStep = Callable[[LoadTest], None]


def refusal(spec: ModelSpec) -> str:
    """Why a model is not load-tested; empty if it is."""
    if spec.provider == "openai" and (spec.server is None or spec.server.url == DIALECTS[spec.server.dialect].url):
        return (
            f"{spec.name} is a provider's own service, which bills every text and limits the rate: only servers of "
            "your own and local models are load-tested."
        )
    state = availability(spec)
    return "" if state.is_ready else state.sentence


def run(
    spec: ModelSpec,
    texts: Sequence[str],
    settings: Settings = Settings(),  # noqa: B008  frozen
    *,
    fingerprint: str = "",
    device: str = "auto",
    precision: str = "auto",
    on_progress: Progress = silent,
    on_step: OnStep | None = None,
) -> LoadTest:
    """Find the limit of a server or of a local model, or offer the rates of the settings, and save the result.

    Parameters
    ----------
    texts : sequence of str
        What is embedded; of many a random choice.
    fingerprint : str
        Of the corpus from which they are.
    device, precision : str
        For a local model.
    on_progress : Progress
        Called with the place in the queue, then with what is being done; if it raises, the processes are killed.
    on_step : callable, optional
        Called with the result so far after each rate.

    Raises
    ------
    InputError
        There is no text, or a setting is out of range.
    ModelUnavailableError
        The model is not load-tested, not ready, or its server does not answer with embeddings.
    """
    _check(texts, settings)
    if reason := refusal(spec):
        raise ModelUnavailableError(reason)
    chosen = _choose(texts, settings.seed)
    with turn.hold(on_progress, EXPECTED_STEPS * settings.seconds):
        test = _Run(spec, chosen, settings, on_progress, on_step).finish(device, precision, fingerprint)
    history.save(test)
    return test


@dataclass
class _Run:
    """A load test under way: its two processes, and the steps so far."""

    spec: ModelSpec
    texts: list[str]
    settings: Settings
    on_progress: Progress
    on_step: OnStep | None
    serving: Child = field(init=False)
    sending: Child = field(init=False)

    def finish(self, device: str, precision: str, fingerprint: str) -> LoadTest:
        self.serving, self.sending = Child(f"serving {self.spec.name}"), Child(f"sending to {self.spec.name}")
        try:
            served = None if self.spec.server else self._serve(device, precision)
            target = _behind(self.spec, served) if served else self.spec
            unloaded: Unloaded = self.sending.call(
                "core.load.measurement:prepare",
                spec=target,
                texts=self.texts,
                settings=self.settings,
                on_progress=self.on_progress,
            )
            return self._sweep(_begin(self.spec, served, unloaded, self.settings, len(self.texts), fingerprint))
        finally:
            self.sending.end()
            self.serving.end()

    def _serve(self, device: str, precision: str) -> Served:
        served: Served = self.serving.call(
            "core.load.server:serve",
            spec=self.spec,
            device=device,
            precision=precision,
            on_progress=self.on_progress,
        )
        return served

    def _sweep(self, test: LoadTest) -> LoadTest:
        """The result with a step for each rate offered."""

        def keeps_up(rate: float) -> bool:
            nonlocal test
            step = self._offer(rate, test)
            test = replace(test, steps=(*test.steps, step))
            if self.on_step:
                self.on_step(test)
            return test.trouble(step) is None

        if self.settings.rates:
            for rate in self.settings.rates:
                keeps_up(rate)
        else:
            limit.search(keeps_up, self.settings.first_rate or 500 / test.unloaded.p50_ms)
        return test

    def _offer(self, rate: float, test: LoadTest) -> Step:
        """The step of a rate; a second one if the first has trouble that may be chance, or come from other programs."""
        first = self._send(rate, test, 2 * len(test.steps))
        if test.trouble(first) in (None, "errors") or first.answered < CLEARLY_UNANSWERED:
            return first
        return replace(self._send(rate, test, 2 * len(test.steps) + 1), is_repeated=True)

    def _send(self, rate: float, test: LoadTest, number: int) -> Step:
        step: Step = self.sending.call(
            "core.load.measurement:offer",
            rate=rate,
            seed=self.settings.seed + number,
            unloaded=test.unloaded,
            name=self.spec.name,
            settings=self.settings,
            on_progress=self.on_progress,
        )
        return step


def _begin(
    spec: ModelSpec, served: Served | None, unloaded: Unloaded, settings: Settings, texts: int, fingerprint: str
) -> LoadTest:
    """The result without a step."""
    return LoadTest(
        schema=SCHEMA,
        created=datetime.now(UTC).isoformat(timespec="milliseconds"),
        machine=this_machine(),
        model=spec.name,
        id=spec.id,
        settings=settings,
        unloaded=unloaded,
        steps=(),
        address=spec.server.url if spec.server else "",
        revision=served.revision if served else "",
        device=served.device if served else "",
        engine=served.engine if served else "",
        precision=served.precision if served else "",
        document_prompt=spec.document_prompt,
        fingerprint=fingerprint,
        texts=texts,
        most_in_flight=MOST_IN_FLIGHT,
    )


def _behind(spec: ModelSpec, served: Served) -> ModelSpec:
    """A local model as one of a server, which puts the prompts before the texts itself."""
    server = Server(section="", url=served.url, model=spec.name)
    return replace(spec.with_prompts("", ""), provider="openai", server=server)


def _choose(texts: Sequence[str], seed: int) -> list[str]:
    """The texts to send, in random order."""
    return random.Random(seed).sample(list(texts), min(len(texts), MOST_TEXTS))  # noqa: S311  not for secrets


def _check(texts: Sequence[str], settings: Settings) -> None:
    if not texts:
        raise InputError("A load test needs at least one text to send.")
    if not 1 <= settings.texts_per_request <= MOST_TEXTS_PER_REQUEST:
        raise InputError(f"A request must have from 1 to {MOST_TEXTS_PER_REQUEST} texts.")
    if not 0 < settings.seconds <= MOST_SECONDS:
        raise InputError(f"The seconds of each rate must be above 0 and at most {MOST_SECONDS:g}.")
    rates = (*settings.rates, *([settings.first_rate] if settings.first_rate is not None else []))
    if not all(0 < rate <= limit.MOST_RATE for rate in rates):
        raise InputError(f"Rates must be above 0 and at most {limit.MOST_RATE:,.0f} requests a second.")
    if settings.most_ms is not None and not 0 < settings.most_ms < math.inf:
        raise InputError("The 95th percentile must be limited to a number of milliseconds above 0.")
