"""How much one visitor's large job slows another's queries: `python -m tests.benchmarks.fair`.

One visitor embeds new texts without end. Another asks Search a new question every half second: the time is that of the
page's run on the server, up to the last sentence that is marked. The same is measured alone, before and after. The
smallest piece of it, a question's embedding by a model that is loaded, is measured as well.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from unittest.mock import patch

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import app_test

from core import corpus, embedding, models, visitors
from core.machine import this_machine
from core.progress import silent
from core.storage.vectors import Store
from pages.shared import state
from tests.pages.conftest import PagesOfAServer, new_app

LARGE = 10_000  # texts that the large job asks for at once
SECONDS_BETWEEN = 0.5
WARM_UP = 5

numbers = count()


class Stopped(Exception):  # noqa: N818  it is no error
    """The large job has been stopped."""


@contextmanager
def large_job(model: str) -> Iterator[list[float]]:
    """Embed new texts with a model for another visitor; texts a second are in the list afterwards."""
    is_stopped, rate = threading.Event(), list[float]()
    store = Store(Path(tempfile.mkdtemp()) / "vectors.sqlite")

    def report(_what: str, done: int, _total: int) -> None:
        rate[:] = [done / (time.perf_counter() - started)]
        if is_stopped.is_set():
            raise Stopped

    def work() -> None:
        texts = [f"{next(numbers)} {text}" for _ in range(LARGE // 648 + 1) for text in corpus.sample().texts]
        with visitors.serving("large"):
            try:
                embedding.embed(texts, models.get(model), store=store, on_progress=report)
            except Stopped:
                return

    started = time.perf_counter()
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield rate
    finally:
        is_stopped.set()
        thread.join()


def question() -> str:
    return f"How many of the {next(numbers)} owls that hunt at night can be seen from the bridge?"


def embed(model: str) -> None:
    """Embed a question as a visitor of its own."""
    with visitors.serving("small"):
        embedding.embed([question()], models.get(model), kind="query", on_progress=silent)


def searching() -> Callable[[], None]:
    """Search's page in a session, and what asks it a question."""
    PagesManager.uses_pages_directory = False  # as on a server that has run before
    patch.object(app_test, "PagesManager", PagesOfAServer).start()
    app = new_app()
    app.switch_page("pages/search.py").run()

    def ask() -> None:
        app.text_input(key=state.Search.QUERY).set_value(question()).run()
        assert not app.exception, app.exception

    return ask


def seconds_of(ask: Callable[[], None], times: int) -> list[float]:
    """The seconds of each question, asked one after the other with a pause."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - started)
        time.sleep(SECONDS_BETWEEN)
    return taken


def at(share: float, seconds: list[float]) -> float:
    """A quantile."""
    return statistics.quantiles(seconds, n=100, method="inclusive")[round(100 * share) - 1]


def compare(what: str, model: str, ask: Callable[[], None], times: int) -> None:
    """Print the times of questions alone and beside a large job, and their ratios."""
    seconds_of(ask, WARM_UP)
    alone = seconds_of(ask, times // 2)
    with large_job(model) as rate:
        time.sleep(SECONDS_BETWEEN)
        beside = seconds_of(ask, times)
    alone += seconds_of(ask, times // 2)
    for name, share in (("median", 0.5), ("p95", 0.95)):
        one, other = at(share, alone), at(share, beside)
        print(f"{what}, {name}: alone {1000 * one:,.0f} ms, beside {1000 * other:,.0f} ms, {other / one:.1f} times")
    print(f"{what}: meanwhile {rate[0]:,.0f} texts a second with {model}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="all-MiniLM-L6-v2", help="The model of the large job")
    parser.add_argument("--questions", type=int, default=30)
    asked = parser.parse_args()
    print(this_machine().sentence)
    embedding.encoder(models.get(asked.model))
    compare("embedding a question", asked.model, lambda: embed(asked.model), asked.questions)
    compare("Search's page", asked.model, searching(), asked.questions)


if __name__ == "__main__":
    main()
