"""Models without weights: their sizes and their work against models with weights; and that nothing leaves them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from sentence_transformers import SentenceTransformer
from torch.utils.flop_counter import FlopCounterMode

from core import models
from core.encoders import random_weights
from core.encoders.files import locate
from core.encoders.random_weights import RandomWeights, build, outline
from core.errors import DeviceError, InputError, ModelUnavailableError
from core.machine import this_machine
from tests.core.architectures import FAMILIES, MAX_TOKENS, tiny

HERE = [spec for spec in models.catalogue() if spec.provider != "openai"]
BEHIND_API = [spec for spec in models.catalogue() if spec.provider == "openai"]
NETWORKS = [spec for spec in HERE if not spec.is_static]
SMALLER = {"hidden_size": 384, "num_hidden_layers": 2, "intermediate_size": 512, "vocab_size": 1000, "pad_token_id": 0}
TEXTS = [
    "Hello World",
    "A plane is taking off from the runway. " * 3,
    "x",
    "世界! 👋 Grüße",
    "Vector search finds the documents nearest to a query. " * 9,
]


def by_name(spec):
    return spec.name


def smaller(spec):
    """The model with the same kind of network, but less of it."""
    if spec.is_static:
        return replace(spec, parameters=1000 * spec.dimensions)
    return replace(spec, dimensions=SMALLER["hidden_size"], architecture=spec.architecture | SMALLER)


@pytest.fixture
def computed(monkeypatch):
    """The vectors that are computed, seen where they are brought to unit length."""
    seen = []
    normalize = torch.nn.functional.normalize

    def watched(*arguments, **options):
        seen.append(normalize(*arguments, **options))
        return seen[-1]

    monkeypatch.setattr(torch.nn.functional, "normalize", watched)
    return seen


@pytest.mark.parametrize("spec", HERE, ids=by_name)
def test_a_network_has_as_many_parameters_as_the_published_one(spec):
    parameters = list(outline(spec).parameters())
    assert all(weights.is_meta for weights in parameters)
    assert sum(weights.numel() for weights in parameters) == pytest.approx(spec.parameters, rel=0.002)


@pytest.mark.parametrize("name", models.DEFAULT_PICKS)
def test_the_weights_have_the_shapes_of_the_published_file(name):
    spec = models.get(name)
    (path,) = locate(spec).rglob("*.safetensors")
    with safe_open(path, "numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  safe_open is no mapping
    published = {key: tensor.shape for key, tensor in tensors.items() if tensor.dtype.kind == "f"}
    shapes = {key: tuple(weights.shape) for key, weights in outline(spec).named_parameters()}
    assert sorted(shapes.values()) == sorted(published.values())
    assert spec.is_static or shapes == published


def test_as_much_is_computed_as_by_the_model_with_its_weights():
    spec = models.get("all-MiniLM-L6-v2")
    without_weights = RandomWeights(spec)
    with_weights = SentenceTransformer(str(locate(spec)), device="cpu")
    text = "one two three four five"
    (tokens,) = with_weights.tokenizer([text], return_length=True)["length"]
    with FlopCounterMode(display=False) as expected:
        with_weights.encode([text, text])
    with FlopCounterMode(display=False) as counted:
        without_weights.forward(batch_size=2, tokens=tokens)
    assert counted.get_total_flops() == expected.get_total_flops() > 0


@pytest.mark.parametrize("spec", [smaller(spec) for spec in HERE], ids=by_name)
def test_every_model_computes_different_vectors_of_unit_length_and_hands_none_out(spec, computed):
    model = RandomWeights(spec)
    model.forward(batch_size=3, tokens=7)
    (vectors,) = computed
    assert vectors.shape == (3, spec.dimensions)
    assert len(torch.unique(vectors, dim=0)) == 3
    torch.testing.assert_close(torch.linalg.vector_norm(vectors, dim=1), torch.ones(3))


def test_nothing_that_could_be_taken_for_meaning_can_be_had_from_it():
    model = RandomWeights(smaller(models.get("all-MiniLM-L6-v2")))
    public = {name: getattr(model, name) for name in dir(model) if not name.startswith("_")}
    assert set(public) == {"spec", "device", "engine", "precision", "parameters", "memory_bytes", "forward"}
    assert not callable(model)
    assert public["forward"](2, 4) is None


@pytest.mark.parametrize("spec", [smaller(spec) for spec in NETWORKS], ids=by_name)
def test_weights_are_random_and_what_is_no_weight_is_as_in_a_network_made_by_transformers(spec):
    network = build(spec)
    made = type(network)(network.config)
    assert {name for name, _ in network.named_parameters()} == {name for name, _ in made.named_parameters()}
    for name, weights in network.named_parameters():
        assert weights.std() == pytest.approx(0.02, rel=0.3), name
        assert not weights.requires_grad
    buffers = dict(made.named_buffers())
    for name, values in network.named_buffers():
        torch.testing.assert_close(values, buffers[name])


def test_no_two_rows_of_a_matrix_are_alike():
    table = next(build(models.get("all-MiniLM-L6-v2")).parameters())
    assert len(torch.unique(table, dim=0)) == len(table) == 30522


def test_memory_is_that_of_the_weights_in_their_precision():
    model = RandomWeights(models.get("all-MiniLM-L6-v2"))
    assert (model.device, model.engine, model.precision) == ("cpu", "torch", "float32")
    assert model.memory_bytes == 4 * model.parameters == 4 * 22713216


def test_half_precision_takes_half_of_the_memory():
    network = build(smaller(models.get("e5-mistral-7b-instruct")), precision="bfloat16")
    assert {weights.dtype for weights in network.parameters()} == {torch.bfloat16}
    ids = torch.tensor([[1, 2, 3]])
    assert torch.isfinite(network(input_ids=ids).last_hidden_state).all()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_openvino_computes_in_the_place_of_torch(computed, precision):
    model = RandomWeights(smaller(models.get("all-MiniLM-L6-v2")), engine="openvino", precision=precision)
    assert (model.engine, model.precision) == ("openvino", precision)
    with FlopCounterMode(display=False) as counted:
        model.forward(batch_size=5, tokens=11)
    assert counted.get_total_flops() == 0
    assert computed[0].shape == (5, SMALLER["hidden_size"])
    assert torch.isfinite(computed[0]).all()


@pytest.mark.parametrize(
    ("engine", "precision", "needed"), [("torch", "float32", "28 GB"), ("openvino", "bfloat16", "43 GB")]
)
def test_a_model_larger_than_the_memory_is_refused_before_any_is_taken(monkeypatch, engine, precision, needed):
    small = replace(this_machine(), memory_bytes=8_000_000)
    monkeypatch.setattr(random_weights, "this_machine", lambda: small)
    monkeypatch.setattr(random_weights, "build", lambda *_, **__: pytest.fail("memory was taken"))
    with pytest.raises(ModelUnavailableError) as raised:
        RandomWeights(models.get("e5-mistral-7b-instruct"), engine=engine, precision=precision)
    message = str(raised.value)
    assert message.startswith(f"e5-mistral-7b-instruct takes {needed} of memory as {precision}")
    assert "8 MB free" in message


@pytest.mark.parametrize("spec", BEHIND_API, ids=by_name)
def test_a_model_behind_an_api_has_no_network_to_time(spec):
    with pytest.raises(DeviceError, match=f"^{spec.name} runs behind an API"):
        RandomWeights(spec)


@pytest.mark.parametrize(
    "spec",
    [
        replace(models.get("all-MiniLM-L6-v2"), architecture={}),
        replace(models.get("potion-base-8M"), parameters=None),
        models.get("somebody/a-model"),
    ],
    ids=["a network", "a table", "a model of the Hub"],
)
def test_a_model_of_unknown_architecture_says_so(spec):
    with pytest.raises(ModelUnavailableError, match=f"^The architecture of {spec.name} is not known here"):
        RandomWeights(spec)


@pytest.mark.parametrize(
    ("name", "engine", "precision"),
    [
        ("all-MiniLM-L6-v2", "torch", "float16"),
        ("all-MiniLM-L6-v2", "static", "auto"),
        ("potion-base-8M", "openvino", "auto"),
        ("potion-base-8M", "auto", "bfloat16"),
    ],
)
def test_an_engine_or_precision_that_is_not_offered_is_refused(name, engine, precision):
    with pytest.raises(DeviceError, match=r"choose"):
        RandomWeights(models.get(name), engine=engine, precision=precision)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA GPU")
def test_a_gpu_that_is_not_here_is_refused():
    with pytest.raises(DeviceError, match="no CUDA GPU"):
        RandomWeights(models.get("all-MiniLM-L6-v2"), device="cuda")


@pytest.mark.parametrize(("batch_size", "tokens"), [(0, 4), (2, 0), (1, 257)])
def test_what_cannot_be_computed_is_refused_with_the_limit(batch_size, tokens):
    model = RandomWeights(smaller(models.get("all-MiniLM-L6-v2")))
    with pytest.raises(InputError, match="1 to 256 tokens"):
        model.forward(batch_size, tokens)


def test_a_table_of_token_vectors_takes_texts_of_any_length(computed):
    RandomWeights(smaller(models.get("potion-base-8M"))).forward(batch_size=2, tokens=9000)
    assert computed[0].shape == (2, 256)


@pytest.mark.parametrize("model_type", FAMILIES)
def test_a_tiny_model_of_each_architecture_is_loaded_by_sentence_transformers(model_type, tmp_path):
    model = SentenceTransformer(str(tiny(model_type, tmp_path / "one")), device="cpu")
    together = model.encode(TEXTS)
    alone = np.concatenate([model.encode([text]) for text in TEXTS])
    again = SentenceTransformer(str(tiny(model_type, tmp_path / "two")), device="cpu")
    transformer: Any = model[0]
    assert transformer.model.config.model_type == model_type
    assert model.max_seq_length == MAX_TOKENS
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(again.encode(TEXTS), together)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert (together @ together.T)[np.triu_indices(len(TEXTS), k=1)].max() < 0.999
