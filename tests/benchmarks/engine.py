"""The encoding engine beside `SentenceTransformer.encode` with its defaults: `python -m tests.benchmarks.engine`.

Everything is measured in one run, in turns, so that what disturbs the machine disturbs both sides alike; a ratio is
that of the medians. Needs the sentences and pairs of ../shared/data. `--rounds N` sets the number of turns, `--passages
N` that of passages.
"""

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from sentence_transformers import SentenceTransformer

from core import corpus, encoders, models
from core.encoders import Encoder, choice, runtime
from core.encoders.quantization import quantize
from core.evaluation import agreement, evaluate, scores_of
from core.machine import this_machine
from core.models.files import locate
from tests.conftest import SHARED

HELLO_CALLS = 100
SHORT_SENTENCES, SHORT_WORDS = 1000, 12
PASSAGES, PASSAGE_TOKENS = 100, (150, 250)
MATRIX = 2048

Encode = Callable[[list[str]], Any]


def main() -> None:
    """Measure and print a table, the quality beside it, and the share of the machine's matrix-product rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passages", type=int, default=PASSAGES)
    options = parser.parse_args()
    rounds = options.rounds
    spec = models.get("all-MiniLM-L6-v2")
    library = SentenceTransformer(str(locate(spec)), device="cpu")
    engines = {
        "auto": encoders.load(spec, device="cpu"),
        "float32": encoders.load(spec, device="cpu", engine="openvino", precision="float32"),
    }
    if choice.computes_int8():
        engines["int8"] = encoders.load(spec, device="cpu", precision="int8")
    print(this_machine().sentence, this_machine().versions)
    for demand, encoder in engines.items():
        print(f"{demand}: {encoder.engine}, {encoder.precision}")
    encode: dict[str, Encode] = {"library": lambda texts: library.encode(texts, normalize_embeddings=True)}
    encode |= {demand: encoder.encode for demand, encoder in engines.items()}
    loads = {"Hello World": ["Hello World"], "short sentences": short_sentences(), "passages": passages(library)}
    loads["passages"] = loads["passages"][: options.passages]
    for name, texts in loads.items():
        report(name, texts, encode, rounds)
    report_quality(encode)
    report_rates(library, engines, loads["passages"], rounds)


def report(name: str, texts: list[str], encode: dict[str, Encode], rounds: int) -> None:
    """Medians of each side over the rounds, each the median of its calls, and how many times as fast as the library."""
    calls = HELLO_CALLS if len(texts) == 1 else 1
    vectors = {side: np.asarray(function(texts)) for side, function in encode.items()}
    seconds: dict[str, list[float]] = {side: [] for side in encode}
    for _ in range(rounds):
        for side, function in encode.items():
            seconds[side].append(statistics.median(seconds_of(function, texts) for _ in range(calls)))
    for side, times in seconds.items():
        median = statistics.median(times)
        ratios = [base / own for base, own in zip(seconds["library"], times, strict=True)]
        cosine = float(np.sum(vectors[side] * vectors["library"], axis=1).min())
        difference = float(np.abs(vectors[side] - vectors["library"]).max())
        print(
            f"{name:16} {side:8} {1000 * median:9.2f} ms  {statistics.median(ratios):5.2f} times as fast "
            f"({min(ratios):.2f} to {max(ratios):.2f})  cosine {cosine:.6f}  difference {difference:.1e}"
        )


def seconds_of(encode: Encode, texts: list[str]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    encode(texts)
    return time.perf_counter() - started


def report_quality(encode: dict[str, Encode]) -> None:
    """Spearman's correlation with the gold scores of STS-dev and nDCG@10 on the sample's queries, for each side."""
    with (SHARED / "data" / "sts-dev.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    gold = [float(row["score"]) for row in rows]
    texts, labels = corpus.sample(), corpus.sample_labels()
    reference: np.ndarray | None = None
    for side, function in encode.items():
        first, second = (function([row[column] for row in rows]) for column in ("sentence1", "sentence2"))
        documents, queries = function(list(texts.documents)), function(list(labels.queries.texts))
        scores = np.asarray(queries) @ np.asarray(documents).T
        run = {
            query: dict(zip(texts.document_names, map(float, row), strict=True))
            for query, row in zip(labels.queries.ids, scores, strict=True)
        }
        quality = evaluate(run, labels.qrels)
        vectors = np.concatenate([first, second, documents, queries])
        reference = vectors if reference is None else reference
        cosines = np.sum(vectors * reference, axis=1)
        ndcg = statistics.mean(quality.values("ndcg@10"))
        print(
            f"quality          {side:8} Spearman {agreement(scores_of(first, second), gold).spearman:.5f}  nDCG@10 "
            f"{ndcg:.5f}  cosine {cosines.min():.5f}, median {np.median(cosines):.4f}"
        )


def report_rates(library: SentenceTransformer, engines: dict[str, Encoder], texts: list[str], rounds: int) -> None:
    """Arithmetic done per second on the passages, beside the machine's rate for large matrix products, in turns."""
    operations = forward_operations(library, texts)
    rates: dict[str, Callable[[], float]] = {
        f"engine {name}": partial(passage_rate, encoder, texts, operations) for name, encoder in engines.items()
    }
    rates |= {encoder.precision: partial(matrix_rate, encoder.precision) for encoder in engines.values()}
    measured: dict[str, list[float]] = {name: [] for name in rates}
    for _ in range(rounds):
        for name, rate in rates.items():
            measured[name].append(rate())
    for name, encoder in engines.items():
        own, peak = measured[f"engine {name}"], measured[encoder.precision]
        shares = [reached / most for reached, most in zip(own, peak, strict=True)]
        print(
            f"matrix products in {encoder.precision}: {statistics.median(peak) / 1e9:.0f} Gop/s; {name} reaches "
            f"{statistics.median(shares):.0%} of it ({min(shares):.0%} to {max(shares):.0%})"
        )


def forward_operations(library: SentenceTransformer, texts: list[str]) -> float:
    """Multiplications and additions of the matrix products in a forward pass, without padding."""
    transformer: Any = library[0]
    config = transformer.model.config
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    total = 0.0
    for text in texts:
        tokens = min(len(library.tokenizer(text)["input_ids"]), int(library.max_seq_length or 0))
        total += layers * tokens * (2 * (4 * width**2 + 2 * width * inner) + 4 * tokens * width)
    return total


def passage_rate(encoder: Encoder, texts: list[str], operations: float) -> float:
    """Operations per second of an encoder on the texts."""
    return operations / seconds_of(encoder.encode, texts)


def matrix_rate(precision: str) -> float:
    """Operations per second of a square matrix product by OpenVINO, the best of several."""
    request, given = matrix_product(precision)
    seconds = []
    for _ in range(12):
        started = time.perf_counter()
        request.infer([given], share_inputs=True, share_outputs=True)
        seconds.append(time.perf_counter() - started)
    return 2 * MATRIX**3 / min(seconds)


@cache
def matrix_product(precision: str) -> tuple[Any, np.ndarray]:
    """A compiled matrix product that executes the precision, and its input."""
    from openvino import opset13 as ops

    rows = ops.parameter([MATRIX, MATRIX], np.float32)
    weights = np.random.default_rng(0).normal(size=(MATRIX, MATRIX)).astype(np.float32)
    given = np.random.default_rng(1).normal(size=(MATRIX, MATRIX)).astype(np.float32)
    network = runtime.openvino.Model([ops.matmul(rows, ops.constant(weights), False, True)], [rows])
    if precision == "int8":
        network = quantize(network, [[given]])
    hints = {runtime.HINT: "bf16" if precision == "bfloat16" else "f32", "PERFORMANCE_HINT": "LATENCY"}
    compiled = runtime.openvino.Core().compile_model(network, "CPU", hints)
    assert runtime.executed_precision(compiled) == precision
    return compiled.create_infer_request(), given


def sentences() -> list[str]:
    """The real sentences, in a shuffled order that is always the same."""
    with (SHARED / "data" / "sentences.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    return [texts[row] for row in np.random.default_rng(0).permutation(len(texts))]


def short_sentences() -> list[str]:
    """Distinct sentences of a few words."""
    return [text for text in sentences() if len(text.split()) <= SHORT_WORDS][:SHORT_SENTENCES]


def passages(library: SentenceTransformer) -> list[str]:
    """Sentences put together to passages of 150 to 250 tokens."""
    random = np.random.default_rng(0)
    found: list[str] = []
    passage, wanted = "", random.integers(*PASSAGE_TOKENS)
    for text in sentences():
        longer = f"{passage} {text}".strip()
        if len(library.tokenizer(longer)["input_ids"]) > wanted:
            found.append(passage)
            passage, wanted = "", random.integers(*PASSAGE_TOKENS)
        else:
            passage = longer
        if len(found) == PASSAGES:
            break
    return found


if __name__ == "__main__":
    main()
