"""How a hosted dashboard stands many visitors: `python -m tests.benchmarks.load`; `--only NAME` for one of the proofs.

The visitors speak Streamlit's websocket and draw nothing, so that the figures are the server's alone; they share its
processors, which makes them rather too high than too low. Each proof has a server and a home of its own, on loopback.

paints      20 and 50 visitors open pages at once, each another page; beside it as many on a bare script, on Streamlit
            as it comes and with our settings of it. Seconds until the title and the whole page, 95th percentile.
own_texts   10 visitors embed 64 texts of their own at once; the rate beside that of the library by itself.
cold        20 visitors pick one model at once that nobody has loaded: how often it is loaded, and the memory beside
            that of one visitor.
reruns      1,000 runs of pages in 10 sessions, and what the server's memory has grown by.
drops       500 visitors who close the tab in the middle of a run, and what the memory has grown by.
soak        mixed use for `--minutes`: errors, and the memory's growth after the first quarter.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psutil

from core import embedding, models
from core.machine import this_machine
from core.models import ModelSpec
from tests.benchmarks.first_minute import BARE
from tests.conftest import ROOT
from tests.e2e.conftest import free_port, running_server
from tests.visitor import Seen, visit, visitor

T = TypeVar("T")
PAGES = ("explain", "embed", "similarity", "search", "projector", "", "evaluate", "benchmark", "verdict")
MODEL = "all-MiniLM-L6-v2"
OWN = {"models": MODEL, "embed_from": "Type"}
WORDS = (ROOT / "README.md").read_text(encoding="utf-8").split()
MEGABYTE = 1e6
OUR_SETTINGS = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "false", "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
ROUNDS = 3


@contextmanager
def dashboard(script: Path = ROOT / "streamlit_app.py", **settings: str) -> Iterator[str]:
    """A server of a script with a home of its own, which has drawn a page once."""
    home = Path(tempfile.mkdtemp())
    with running_server(home, script, settings) as address:
        asyncio.run(visit(address))
        yield address


@contextmanager
def bare(**settings: str) -> Iterator[str]:
    """A server of a script that is one header and one table."""
    script = Path(tempfile.mkdtemp()) / "bare.py"
    script.write_text(BARE)
    with dashboard(script, **settings) as address:
        yield address


def paints() -> dict[str, Any]:
    """Seconds at the 95th percentile until 20 and 50 visitors at once see a title, and the whole page."""
    with bare() as plain, bare(**OUR_SETTINGS) as tuned, dashboard() as ours:
        for page in PAGES:
            asyncio.run(visit(ours, page))
        return {f"{visitors} at once": _paints([plain, tuned, ours], visitors) for visitors in (20, 50)}


def _paints(servers: Sequence[str], visitors: int) -> dict[str, float]:
    """The servers in turn, and the medians over the turns; ratios are those of each turn."""
    turns = []
    for _ in range(ROUNDS):
        seen = [asyncio.run(_at_once(visit(address, page) for page in _pages(visitors))) for address in servers]
        assert [error for each in seen for one in each for error in one.errors] == []
        plain, tuned, title = (_p95([one.first for one in each]) for each in seen)
        turns.append(
            {
                "bare_title_s": plain,
                "bare_title_with_our_settings_s": tuned,
                "title_s": title,
                "whole_s": _p95([one.seconds for one in seen[-1]]),
                "title_to_bare": title / plain,
                "title_to_bare_with_our_settings": title / tuned,
            }
        )
    return {name: float(np.median([turn[name] for turn in turns])) for name in turns[0]}


def own_texts() -> dict[str, Any]:
    """Texts of visitors' own: seconds of the slowest and the median of 10, and the rate beside the library's own."""
    ours = [_texts(64, seed) for seed in range(10)]
    direct = _direct_rate([text for seed in range(10) for text in _texts(64, 100 + seed)])
    with dashboard() as address:
        asyncio.run(visit(address, "embed", {**OWN, "embed_texts": "\n".join(_texts(64, 99))}))
        asked = [{**OWN, "embed_texts": "\n".join(texts)} for texts in ours]
        started = time.perf_counter()
        seen = asyncio.run(_at_once(visit(address, "embed", each) for each in asked))
        seconds = time.perf_counter() - started
    rate = sum(map(len, ours)) / seconds
    slowest, median = max(each.seconds for each in seen), statistics.median(each.seconds for each in seen)
    return {
        "slowest_s": slowest,
        "median_s": median,
        "slowest_to_median": slowest / median,
        "texts_per_second": rate,
        "direct_texts_per_second": direct,
        "share_of_direct": rate / direct,
        "errors": [error for each in seen for error in each.errors],
    }


def _direct_rate(texts: list[str]) -> float:
    spec = _warm()
    started = time.perf_counter()
    embedding.embed(texts, spec)
    return len(texts) / (time.perf_counter() - started)


def _warm() -> ModelSpec:
    """The model, loaded in this process; its fastest engine is then known to every server here."""
    spec = models.get(MODEL)
    embedding.embed(["warm"], spec)
    return spec


def cold() -> dict[str, Any]:
    """How often a model is loaded that 20 visitors pick at once, and the memory beside that of one visitor."""
    _warm()
    alone, _, _ = _pick_at_once(1)
    together, loads, errors = _pick_at_once(20)
    return {"loads": loads, "memory_mb": together / MEGABYTE, "to_one_visitor": together / alone, "errors": errors}


def _pick_at_once(visitors: int) -> tuple[float, float, list[str]]:
    """The server's memory afterwards, how often the model was loaded, and the errors."""
    port = free_port()
    with dashboard(EMBEDSCOPE_METRICS=str(port)) as address:
        asked = [{**OWN, "embed_texts": "\n".join(_texts(64, seed))} for seed in range(visitors)]
        seen = asyncio.run(_at_once(visit(address, "embed", each) for each in asked))
        return _memory(address), _loads(port), [error for each in seen for error in each.errors]


def reruns() -> dict[str, Any]:
    """Megabytes that 1,000 runs of all pages in 10 sessions add to a server on which each page has been seen."""
    _warm()
    with dashboard() as address:
        asyncio.run(_use_all(address))
        before = _memory(address)
        seen = asyncio.run(_at_once(_walk(address, 100) for _ in range(10)))
        return {
            "grown_mb": (_memory(address) - before) / MEGABYTE,
            "errors": [error for each in seen for error in each],
        }


async def _use_all(address: str) -> None:
    """Ten sessions through all pages twice, and texts of one's own: nothing is then left to be loaded."""
    await _at_once(_walk(address, 2 * len(PAGES)) for _ in range(10))
    await visit(address, "embed", {**OWN, "embed_texts": "\n".join(_texts(64, 98))})


async def _walk(address: str, runs: int) -> list[str]:
    """One session through page after page; the errors it saw."""
    errors = []
    async with visitor(address) as session:
        for page in itertools.islice(itertools.cycle(PAGES), runs):
            errors += (await session.see(page)).errors
    return errors


def drops() -> dict[str, Any]:
    """Megabytes that 500 visitors add who leave in the middle of a run, ten at a time."""
    _warm()
    with dashboard() as address:
        asyncio.run(_use_all(address))
        asyncio.run(_drop(address, 150))  # Streamlit remembers 128 who left, for two minutes
        before = _memory(address)
        asyncio.run(_drop(address, 500))
        after = _memory(address)
        seen = asyncio.run(visit(address, "search"))
        return {"grown_mb": (after - before) / MEGABYTE, "then_a_page_takes_s": seen.seconds, "errors": seen.errors}


async def _drop(address: str, visitors: int) -> None:
    drawn = random.Random(0)
    for start in range(0, visitors, 10):
        await _at_once(
            _leave_early(address, PAGES[place % len(PAGES)], drawn.random()) for place in range(start, start + 10)
        )


async def _leave_early(address: str, page: str, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds), visitor(address) as session:
            await session.see(page)


def soak(minutes: float) -> dict[str, Any]:
    """Mixed use: five visitors who walk, embed texts of their own and leave; memory at each quarter."""
    _warm()
    with dashboard() as address:
        asyncio.run(_use_all(address))
        ends = time.monotonic() + 60 * minutes
        at_quarters, errors, runs = [], [], 0
        for quarter in range(4):
            until = ends - (3 - quarter) * 15 * minutes
            for seen in asyncio.run(_at_once(_use(address, seed, until) for seed in range(5))):
                errors += [error for each in seen for error in each.errors]
                runs += len(seen)
            at_quarters.append(_memory(address) / MEGABYTE)
        return {"runs": runs, "errors": errors, "memory_mb_at_quarters": at_quarters}


async def _use(address: str, seed: int, until: float) -> list[Seen]:
    drawn, seen = random.Random(seed), list[Seen]()
    while time.monotonic() < until:
        async with visitor(address) as session:
            for _ in range(drawn.randint(1, 6)):
                seen.append(await session.see(drawn.choice(PAGES)))
        own = {**OWN, "embed_texts": "\n".join(_texts(20, drawn.randrange(10**9)))}
        seen.append(await visit(address, "embed", own))
        await _leave_early(address, drawn.choice(PAGES), drawn.random())
    return seen


async def _at_once(tasks: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    return list(await asyncio.gather(*tasks))


def _pages(visitors: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(PAGES), visitors))


def _texts(count: int, seed: int) -> list[str]:
    """Sentences of 12 words that nobody else has typed."""
    drawn = random.Random(seed)
    return [" ".join([f"{seed}-{place}", *drawn.choices(WORDS, k=12)]) for place in range(count)]


def _p95(seconds: list[float]) -> float:
    return float(np.percentile(seconds, 95))


def _memory(address: str) -> float:
    """Bytes of a server and its children, each page of memory counted once."""
    port = int(address.rpartition(":")[2])
    (server,) = (
        psutil.Process(connection.pid)
        for connection in psutil.net_connections("tcp4")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
    )
    return float(sum(process.memory_full_info().pss for process in (server, *server.children(recursive=True))))


def _loads(port: int) -> float:
    """How often a server has loaded the model, as Prometheus would read it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    wanted = f'embedscope_model_loads_total{{model="{MODEL}"}} '
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


PROOFS: dict[str, Callable[[], dict[str, Any]]] = {
    proof.__name__: proof for proof in (paints, own_texts, cold, reruns, drops)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=[*PROOFS, "soak"])
    parser.add_argument("--minutes", type=float, default=120, help="of the soak, which runs only if it is named")
    options = parser.parse_args()
    print(this_machine().sentence)
    for name, proof in PROOFS.items():
        if options.only in (None, name):
            print(json.dumps({name: proof()}, indent=1, default=float), flush=True)
    if options.only == "soak":
        print(json.dumps({"soak": soak(options.minutes)}, indent=1, default=float))


if __name__ == "__main__":
    main()
