"""The catalogue, against the facts it was made from and the weights that are here."""

import json

import pytest
from safetensors import safe_open

from core import models
from core.errors import UnknownModelError
from core.models.files import locate
from tests.conftest import SHARED

FACTS = SHARED / "facts" / "models.json"
DATASETS = {
    "classification": 12,
    "clustering": 11,
    "pair_classification": 3,
    "reranking": 4,
    "retrieval": 15,
    "sts": 10,
    "summarization": 1,
}


@pytest.fixture
def facts():
    if not FACTS.exists():
        pytest.skip("../shared/facts/models.json is not here: the catalogue is not checked against it")
    return json.loads(FACTS.read_text(encoding="utf-8"))


def test_the_catalogue_has_the_models_of_the_facts_in_their_order(facts):
    assert list(models.names()) == [row["name"] for row in facts["models"]]


@pytest.mark.parametrize("name", models.names())
def test_a_model_is_described_as_in_the_facts(facts, name):
    spec = models.get(name)
    row = next(row for row in facts["models"] if row["name"] == name)
    always = ("id", "provider", "organisation", "license", "released", "url", "dimensions")
    maybe = ("revision", "parameters", "download_bytes", "max_tokens", "pooling", "checkpoint_dtype")
    assert {key: getattr(spec, key) for key in always} == {key: row[key] for key in always}
    assert {key: getattr(spec, key) for key in maybe} == {key: row.get(key) for key in maybe}
    assert spec.prompt("query") == row.get("query_prompt", "")
    assert spec.prompt("document") == row.get("document_prompt", "")
    assert spec.usd_per_million_tokens == row.get("price_usd_per_million_tokens")


@pytest.mark.parametrize("name", models.names())
def test_the_scores_of_mteb_v1_and_v2_each_come_from_their_own_board(facts, name):
    spec = models.get(name)
    row = next(row for row in facts["models"] if row["name"] == name)
    v1, v2 = row.get("mteb_eng_v1") or {}, row.get("mteb_eng_v2") or {}
    assert spec.mteb_v1 == {key: v1[key] for key in ("average", *DATASETS) if key in v1}
    assert spec.mteb_v2 == v2.get("mean")


def test_the_rows_and_the_machine_of_the_original_table_are_as_printed(facts):
    printed = {row["name"]: row["original_table"] for row in facts["models"] if row.get("original_table")}
    rows = {spec.name: spec.original for spec in models.catalogue() if spec.original}
    assert rows.keys() == printed.keys()
    for name, row in rows.items():
        assert (row.overall_score, row.model_size) == (printed[name]["overall_score"], printed[name]["model_size"])
        assert row.model_params == printed[name].get("model_params")
        assert (row.cpu_ms, row.gpu_ms) == (
            printed[name].get("hello_world_ms_cpu"),
            printed[name].get("hello_world_ms_gpu"),
        )
    assert models.original_machine() == facts["original_benchmark"]["machine"]


@pytest.mark.parametrize("spec", [spec for spec in models.catalogue() if spec.mteb_v1], ids=lambda spec: spec.name)
def test_the_v1_average_is_that_of_its_56_datasets(spec):
    weighted = sum(spec.mteb_v1[task] * datasets for task, datasets in DATASETS.items()) / 56
    assert spec.mteb_v1["average"] == pytest.approx(weighted, abs=0.02)


def test_a_model_that_is_on_one_board_only_has_no_score_on_the_other():
    assert models.get("text-embedding-ada-002").mteb_v2 is None
    assert models.get("Qwen3-Embedding-0.6B").mteb_v1 == {}
    assert models.get("wordllama-256").mteb_v1 == {}
    assert models.get("wordllama-256").mteb_v2 is None


@pytest.mark.parametrize("name", models.DEFAULT_PICKS)
def test_parameters_and_dimensions_are_those_of_the_weights(name):
    spec = models.get(name)
    (path,) = locate(spec).rglob("*.safetensors")
    with safe_open(path, "numpy") as file:
        tensors = [file.get_tensor(key) for key in file.keys()]  # noqa: SIM118  safe_open is no mapping
    stored = sum(tensor.size for tensor in tensors if tensor.dtype.kind == "f")
    assert spec.parameters == stored
    assert spec.float32_bytes == 4 * stored
    assert spec.dimensions in {tensor.shape[-1] for tensor in tensors}


def test_static_models_are_told_from_networks():
    static = {spec.name for spec in models.catalogue() if spec.is_static}
    assert static == {"wordllama-256", "potion-base-8M", "static-retrieval-mrl-en-v1"}


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownModelError) as raised:
        models.get("all-minilm")
    message = str(raised.value)
    assert "all-minilm" in message
    assert all(name in message for name in models.names())
