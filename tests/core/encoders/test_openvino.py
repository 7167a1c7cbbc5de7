"""OpenVINO in place of the torch network, against sentence-transformers called by hand."""

import csv
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers.models.bert.modeling_bert import BertEmbeddings

from core import devices, encoders, machine, models, settings
from core.encoders import choice, runtime
from core.encoders.openvino import Converted
from core.evaluation import agreement, scores_of
from tests.core.encoders.architectures import FAMILIES, MAX_TOKENS, tiny
from tests.core.encoders.test_encoders import minilm_by_hand

SHORT = "Hello World"
LONG = "The quick brown fox jumps over the lazy dog. " * 20
TEXTS = [
    *("A sentence that goes on" + " and on" * (number % 13) for number in range(38)),
    LONG,
    SHORT,
    "",
    "Grüße, 世界! 👋",
]
BATCHES = {
    "one text": [SHORT],
    "one word": ["a"],
    "nothing to read": [""],
    "a truncated text": [LONG],
    "two of unlike length": [SHORT, LONG],
    "three of one length": [SHORT, SHORT, SHORT],
    "many of all lengths": TEXTS,
}
FEW = [*TEXTS[:38:6], *TEXTS[39:], "word " * 300]
PAIRS = 50

pytestmark = pytest.mark.usefixtures("models_directory", "one_thread")


@pytest.fixture(scope="module", params=FAMILIES)
def architecture(request):
    return request.param


@pytest.fixture(scope="module")
def by_hand(architecture, models_directory):
    return SentenceTransformer(str(models_directory / architecture), device="cpu")


@pytest.fixture(scope="module")
def bert(models_directory):
    return SentenceTransformer(str(models_directory / "bert"), device="cpu")


@pytest.fixture(scope="module")
def exact(architecture, models_directory):
    return load(f"folder:{architecture}", "float32")


@pytest.fixture(scope="module")
def rough(architecture, models_directory, bfloat16_cpu):
    return load(f"folder:{architecture}", "bfloat16")


@pytest.fixture(scope="module")
def rough_minilm(bfloat16_cpu):
    return load("all-MiniLM-L6-v2", "bfloat16")


def load(name, precision, **options):
    return encoders.load(models.get(name), device="cpu", engine="openvino", precision=precision, **options)


def unit_rows(model, texts, **options):
    return model.encode(texts, normalize_embeddings=True, **options)


def least_cosine(found, expected):
    return np.sum(found * expected, axis=1).min()


@pytest.mark.parametrize("texts", BATCHES.values(), ids=BATCHES)
def test_in_float32_every_architecture_gives_torchs_vectors(exact, by_hand, texts):
    np.testing.assert_allclose(exact.encode(texts), unit_rows(by_hand, texts), rtol=0, atol=1e-4)
    assert (exact.engine, exact.precision, exact.reason) == ("openvino", "float32", "")


@pytest.mark.parametrize("texts", BATCHES.values(), ids=BATCHES)
def test_in_bfloat16_every_architecture_stays_close_to_torch(rough, by_hand, texts):
    # random weights are rougher than trained ones
    assert least_cosine(rough.encode(texts), unit_rows(by_hand, texts)) > 0.995
    assert (rough.engine, rough.precision, rough.reason) == ("openvino", "bfloat16", "")


@pytest.mark.parametrize("size", [1, 2, 5, 17])
def test_the_size_of_a_batch_does_not_move_the_vectors(exact, by_hand, size):
    found = np.concatenate([exact.encode(TEXTS[start : start + size]) for start in range(0, len(TEXTS), size)])
    np.testing.assert_allclose(found, unit_rows(by_hand, TEXTS, batch_size=7), rtol=0, atol=1e-4)


def test_a_text_is_truncated_where_torch_truncates_it(exact, by_hand):
    assert exact.max_tokens == MAX_TOKENS
    assert exact.count_tokens([LONG])[0] > MAX_TOKENS
    trace = exact.trace(LONG)
    expected = by_hand.encode(LONG, output_value="token_embeddings")
    assert len(trace.tokens) == MAX_TOKENS
    np.testing.assert_allclose(trace.vectors, expected, rtol=0, atol=1e-3)


def test_a_query_gets_its_prompt_and_a_document_its_own(bert):
    spec = replace(models.get("folder:bert"), query_prompt="query: ", document_prompt="passage: ")
    encoder = encoders.load(spec, device="cpu", engine="openvino", precision="float32")
    queries, documents = (unit_rows(bert, TEXTS, prompt=prompt) for prompt in ("query: ", "passage: "))
    np.testing.assert_allclose(encoder.encode(TEXTS, "query"), queries, rtol=0, atol=1e-4)
    np.testing.assert_allclose(encoder.encode(TEXTS, "document"), documents, rtol=0, atol=1e-4)


def test_fewer_dimensions_are_the_first_ones_brought_to_unit_length(models_directory):
    cut = SentenceTransformer(str(models_directory / "qwen3"), device="cpu", truncate_dim=8)
    encoder = load("folder:qwen3", "float32", dimensions=8)
    found = encoder.encode(TEXTS)
    assert found.shape == (len(TEXTS), encoder.dimensions) == (len(TEXTS), 8)
    np.testing.assert_allclose(found, unit_rows(cut, TEXTS), rtol=0, atol=1e-4)


def test_minilm_in_float32_gives_torchs_vectors():
    found = load("all-MiniLM-L6-v2", "float32").encode(TEXTS)
    np.testing.assert_allclose(found, unit_rows(minilm_by_hand(), TEXTS), rtol=0, atol=1e-4)


def test_minilm_in_bfloat16_is_faithful(rough_minilm):
    found = rough_minilm.encode(FEW)
    assert least_cosine(found, unit_rows(minilm_by_hand(), FEW)) >= choice.LEAST_COSINE
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_bfloat16_ranks_real_sentence_pairs_as_float32_does(shared_data, minilm, rough_minilm):
    with (shared_data / "sts-dev.csv").open(encoding="utf-8") as file:
        rows = random.Random(42).sample(list(csv.DictReader(file)), PAIRS)
    texts = [row[column] for column in ("sentence1", "sentence2") for row in rows]
    gold = [float(row["score"]) for row in rows]

    def spearman(encoder):
        vectors = encoder.encode(texts)
        return agreement(scores_of(vectors[:PAIRS], vectors[PAIRS:]), gold).spearman

    assert spearman(rough_minilm) == pytest.approx(spearman(minilm), abs=0.001)


def test_a_network_that_openvino_cannot_trace_runs_on_torch_and_says_so(monkeypatch, home):
    def refuse(*_, **__):
        raise RuntimeError("Couldn't get TorchScript module by tracing.\nA long explanation follows.")

    monkeypatch.setattr("core.encoders.openvino.openvino.convert_model", refuse)
    encoder = load("folder:bert", "float32")
    assert (encoder.engine, encoder.precision) == ("torch", "float32")
    assert encoder.reason == (
        "OpenVINO cannot compute a BertModel (Couldn't get TorchScript module by tracing.). Using torch in float32 "
        "instead."
    )


def test_a_network_with_an_operation_that_openvino_does_not_know_runs_on_torch(
    monkeypatch, caplog, models_directory, home
):
    usual = BertEmbeddings.forward

    def strange(self, *positional, **named):
        vectors = usual(self, *positional, **named)
        return vectors + torch.linalg.eigvalsh(vectors @ vectors.mT).mean(dim=1)[:, None, None]

    monkeypatch.setattr(BertEmbeddings, "forward", strange)
    encoder = load("folder:bert", "float32")
    expected = unit_rows(SentenceTransformer(str(models_directory / "bert"), device="cpu"), [SHORT])
    assert encoder.engine == "torch"
    assert encoder.reason.startswith("OpenVINO cannot compute a BertModel (")
    assert "OpenVINO cannot compute a BertModel" in caplog.text
    np.testing.assert_allclose(encoder.encode([SHORT]), expected, rtol=0, atol=1e-6)


def test_a_network_that_openvino_cannot_compile_for_this_cpu_runs_on_torch(monkeypatch, bert):
    def refuse(*_, **__):
        raise RuntimeError("Exception from src/core.cpp:133:\nException from src/plugin.cpp:22:\nNot on this CPU.\n")

    monkeypatch.setattr("core.encoders.openvino.openvino.Core.compile_model", refuse)
    encoder = load("folder:bert", "float32")
    assert encoder.engine == "torch"
    assert encoder.reason.startswith("OpenVINO cannot compute a BertModel (Not on this CPU.). ")
    np.testing.assert_allclose(encoder.encode(TEXTS), unit_rows(bert, TEXTS), rtol=0, atol=1e-6)


class Compiled:
    """A stand-in for a compiled network: its hint, and the layers that the runtime says it executes."""

    def __init__(self, hint, layers):
        self.hint, self.layers = hint, layers

    def get_property(self, name):
        assert name == "INFERENCE_PRECISION_HINT"
        return SimpleNamespace(get_type_name=lambda: self.hint)

    def get_runtime_model(self):
        infos = [
            {"layerType": SimpleNamespace(value=layer), "runtimePrecision": SimpleNamespace(value=precision)}
            for layer, precision in self.layers
        ]
        return SimpleNamespace(get_ops=lambda: [SimpleNamespace(get_rt_info=lambda info=info: info) for info in infos])


PRODUCTS, OTHERS = "FullyConnected", [("Softmax", "f32"), ("Input", "i64"), ("Reorder", "f32")]


@pytest.mark.parametrize(
    ("hint", "layers", "executed"),
    [
        ("bf16", [(PRODUCTS, "bf16"), ("MatMul", "bf16"), *OTHERS], "bfloat16"),
        ("bf16", [(PRODUCTS, "f32"), ("MatMul", "f32"), *OTHERS], "float32"),
        ("f32", [(PRODUCTS, "u8"), (PRODUCTS, "u8"), ("MatMul", "f32"), *OTHERS], "int8"),
        ("f32", OTHERS, "float32"),
        ("bf16", [], "bfloat16"),
    ],
    ids=["a CPU with bfloat16", "a CPU without it", "quantised", "no products", "no layers named"],
)
def test_the_precision_is_the_one_that_the_runtime_executes(hint, layers, executed):
    assert runtime.executed_precision(Compiled(hint, layers)) == executed


@pytest.mark.parametrize(("known", "computes"), [({"FP32", "BF16"}, True), ({"FP32", "INT8"}, False)])
def test_bfloat16_is_computed_where_openvino_lists_it(monkeypatch, known, computes):
    monkeypatch.setattr(runtime, "capabilities", lambda: known)
    assert runtime.computes_bfloat16() is computes


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_on_this_machine_the_numbers_are_those_of_the_precision_said(bert, precision):
    features = dict(bert.preprocess(TEXTS[:3]))
    names = ("input_ids", "attention_mask", "token_type_ids")
    features = {name: features[name] for name in names}
    with torch.inference_mode():
        expected = bert[0].model(**features)[0].numpy()
    network = Converted(bert[0].model, features).compile(precision)
    difference = np.abs(network(**features).last_hidden_state.numpy() - expected)[features["attention_mask"] == 1].max()
    assert network.precision == ("bfloat16" if difference > 1e-4 else "float32")
    if precision == "float32" or runtime.computes_bfloat16():
        assert network.precision == precision


@pytest.mark.parametrize("threads", [1, 2])
def test_it_computes_on_as_many_threads_as_torch(bert, monkeypatch, threads):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    network = load("folder:bert", "float32")._model[0].model
    assert network._request.get_compiled_model().get_property("INFERENCE_NUM_THREADS") == threads


@pytest.mark.parametrize(("quota", "threads"), [(0.5, 1), (1.5, 2), (None, 2)])
def test_it_computes_on_as_many_threads_as_a_containers_quota_has_cores(bert, monkeypatch, quota, threads):
    monkeypatch.setattr(devices, "this_machine", lambda: replace(machine.this_machine(), core_limit=quota))
    usual = torch.get_num_threads()
    devices.limit_threads.cache_clear()
    torch.set_num_threads(2)
    try:
        network = load("folder:bert", "float32")._model[0].model
        assert torch.get_num_threads() == threads
        assert network._request.get_compiled_model().get_property("INFERENCE_NUM_THREADS") == threads
    finally:
        torch.set_num_threads(usual)


def test_what_is_chosen_automatically_is_faithful_and_said(bert, monkeypatch, tmp_path):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    encoder = encoders.load(models.get("folder:bert"), device="cpu")
    faster = "as fast as torch in float32, at cosine"
    assert any(said in encoder.reason for said in (faster, "the fastest on this machine", "no other engine is clearly"))
    probe = choice.probe()
    assert least_cosine(encoder.encode(probe), unit_rows(bert, probe)) >= choice.LEAST_COSINE


def test_nothing_is_told_to_openvinos_makers(tmp_path):
    # its telemetry would fork this process to send a message, and keep an id in the user's folder
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    code = """
import sys
told = []
sys.addaudithook(lambda event, _: told.append(event) if event in ("os.fork", "socket.connect") else None)
import torch
from core.encoders import openvino
openvino.openvino.convert_model(torch.nn.Linear(2, 2), example_input=(torch.ones(1, 2),))
print(told)
"""
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
    assert not (tmp_path / "intel").exists()


def test_a_tokenizer_that_gives_more_than_the_network_reads_is_no_hindrance(tmp_path, monkeypatch):
    # a BERT tokenizer before an MPNet network, as some published models have it
    folder = tiny("mpnet", tmp_path / "mixed")
    path = folder / "tokenizer_config.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    path.write_text(json.dumps(facts), encoding="utf-8")
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    encoder = load("folder:mixed", "float32")
    expected = unit_rows(SentenceTransformer(str(folder), device="cpu"), TEXTS)
    assert encoder.engine == "openvino"
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=0, atol=1e-4)
