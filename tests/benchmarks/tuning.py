"""What the float32 engine could gain from other batches and threads: `python -m tests.benchmarks.tuning`.

Each way computes the same vectors, in turns in one run; a ratio is that of the seconds that the first way takes to
those of another, so above 1 the other way is faster. Needs the sentences of ../shared/data.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from core import encoders, models
from core.encoders import batches, local, runtime
from core.encoders.local import LocalEncoder
from core.encoders.openvino import Converted
from core.machine import this_machine
from core.models.files import locate
from tests.benchmarks.engine import passages, short_sentences

BUDGETS = (256, 512, 1024, 2048, 4096, 8192, 16384)

Run = Callable[[], object]


def main() -> None:
    """Measure and print each way beside the engine as it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    spec = models.get("all-MiniLM-L6-v2")
    encoder = encoders.load(spec, device="cpu", engine="openvino", precision="float32")
    assert isinstance(encoder, LocalEncoder)
    library = SentenceTransformer(str(locate(spec)), device="cpu")
    print(this_machine().sentence)
    for name, texts in {"short sentences": short_sentences(), "passages": passages(library)}.items():
        report(f"{name}: token budget", budgets(encoder, texts), rounds)
        report(f"{name}: order", orders(encoder, texts), rounds)
        report(f"{name}: share of the whole", parts(encoder, texts), rounds)
        report(f"{name}: threads against streams", streams(library, encoder, texts), rounds)


def report(title: str, ways: dict[str, Run], rounds: int) -> None:
    """The seconds of each way, in turns, beside those of the first."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for run in ways.values():
        run()
    for _ in range(rounds):
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    base = next(iter(seconds.values()))
    print(title)
    for name, times in seconds.items():
        ratios = [usual / own for usual, own in zip(base, times, strict=True)]
        print(
            f"  {name:44} {1000 * statistics.median(times):8.1f} ms  {statistics.median(ratios):5.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )


def budgets(encoder: LocalEncoder, texts: list[str]) -> dict[str, Run]:
    """Batches of at most so many tokens, with the share of padding among them."""

    def run(budget: int) -> None:
        with patch.dict(local.TOKEN_BUDGET, cpu=budget):
            encoder.encode(texts)

    usual = local.TOKEN_BUDGET["cpu"]
    return {
        f"{budget:,} tokens, {padding(encoder, texts, budget):.1%} padding": partial(run, budget)
        for budget in (usual, *(other for other in BUDGETS if other != usual))
    }


def padding(encoder: LocalEncoder, texts: list[str], budget: int) -> float:
    """The share of padding among the tokens computed, where batches hold at most so many tokens."""
    lengths = np.minimum(encoder.count_tokens(texts), encoder.max_tokens or 0)
    computed = 0
    for rows in batches.windows(texts, lambda: local.WINDOW):
        for batch in batches.by_tokens(lengths[rows], budget):
            computed += len(batch) * int(lengths[rows][batch].max())
    return 1 - float(lengths.sum()) / computed


def orders(encoder: LocalEncoder, texts: list[str]) -> dict[str, Run]:
    """Texts of similar length share a batch, or batches of 32 in the order given."""

    def in_order() -> None:
        with (
            patch.object(
                batches, "windows", lambda given, size: np.array_split(np.arange(len(given)), -(-len(given) // 32))
            ),
            patch.object(batches, "by_tokens", lambda lengths, budget: [np.arange(len(lengths))]),
        ):
            encoder.encode(texts)

    return {"texts of similar length together": partial(encoder.encode, texts), "32 in the order given": in_order}


def parts(encoder: LocalEncoder, texts: list[str]) -> dict[str, Run]:
    """The whole, its forward passes by themselves, and its tokenising by itself."""
    return {
        "the whole": partial(encoder.encode, texts),
        "forward passes alone": encoder.prepare_forward(texts),
        "tokenising alone": partial(encoder.count_tokens, texts),
    }


def streams(library: SentenceTransformer, encoder: LocalEncoder, texts: list[str]) -> dict[str, Run]:
    """The network on the same batches: all threads on one after another, or one thread each on several at once."""
    features = library.preprocess(["a text"])
    names = tuple(name for name in features if name in ("input_ids", "token_type_ids", "attention_mask"))
    network: Any = Converted(library[0].model, {name: features[name] for name in names})._network
    inputs = [
        [batch[name].numpy() for name in names]
        for rows in batches.windows(texts, lambda: local.WINDOW)
        for batch in batches_of(encoder, [texts[row] for row in rows])
    ]
    threads = torch.get_num_threads()
    return {
        f"{threads} threads on one batch": stream(network, inputs, 1, threads),
        f"a thread each on {threads} batches": stream(network, inputs, threads, threads),
    }


def batches_of(encoder: LocalEncoder, texts: list[str]) -> list[dict[str, Any]]:
    """The tokenised batches of a window."""
    features = encoder._features(texts, "document")
    return [encoder._on_device(features, batch) for batch in encoder._batches(features, len(texts))]


def stream(network: Any, inputs: list[list[np.ndarray]], at_once: int, threads: int) -> Run:
    """A run of the network over all batches, so many at once."""
    hints = {"NUM_STREAMS": at_once, "INFERENCE_NUM_THREADS": threads, runtime.HINT: "f32"}
    compiled = runtime.openvino.Core().compile_model(network, "CPU", hints)
    requests = [compiled.create_infer_request() for _ in range(at_once)]

    def compute(place: int) -> None:
        for given in inputs[place::at_once]:
            requests[place].infer(given, share_inputs=True)

    def run() -> None:
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(compute, range(at_once)))

    return run


if __name__ == "__main__":
    main()
