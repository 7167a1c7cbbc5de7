"""Models without weights: their sizes and their work against models with weights; and that nothing leaves them."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from sentence_transformers import SentenceTransformer
from torch.utils.flop_counter import FlopCounterMode

from core import encoders, models
from core.encoders import assembly, choice, cuda, local, random_weights
from core.encoders.choice import Choice, candidates, recall
from core.encoders.local import LocalEncoder
from core.encoders.random_weights import RandomWeights, build, outline
from core.errors import DeviceError, ModelUnavailableError
from core.machine import this_machine
from core.models.files import locate
from tests.core.encoders.architectures import FAMILIES, MAX_TOKENS, SEED, tiny
from tests.core.encoders.test_cuda import Recorder

pytestmark = pytest.mark.usefixtures("one_thread")

HERE = [spec for spec in models.catalogue() if spec.provider != "openai"]
BEHIND_API = [spec for spec in models.catalogue() if spec.provider == "openai"]
NETWORKS = [spec for spec in HERE if not spec.is_static]
SMALLER = {"hidden_size": 384, "num_hidden_layers": 2, "intermediate_size": 512}
MINILM = models.get("all-MiniLM-L6-v2")
AS_STAND_IN = (
    "same engine as all-MiniLM-L6-v2 on this machine; to be checked against float32 once the weights are downloaded"
)
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
        return replace(spec, parameters=10_000 * spec.dimensions)
    return replace(spec, dimensions=SMALLER["hidden_size"], architecture=spec.architecture | SMALLER)


def on_torch(spec):
    return RandomWeights(spec, engine="static" if spec.is_static else "torch")


@pytest.fixture
def computed(monkeypatch):
    """The vectors of each batch, seen before they are dropped."""
    seen = []
    usual = LocalEncoder._vectors

    def unit_vectors(self, features):
        seen.append(usual(self, features))
        return seen[-1]

    monkeypatch.setattr(LocalEncoder, "_vectors", unit_vectors)
    return seen


def counted_flops(encoder, texts):
    """Floating-point operations of encoding the texts, counted in the thread that computes."""
    counter = FlopCounterMode(display=False)
    encoder._owner.result(encoder._owner.submit(counter.__enter__))
    encoder.encode(texts)
    encoder._owner.result(encoder._owner.submit(counter.__exit__, None, None, None))
    return counter.get_total_flops()


def operations(encoder):
    """How many operations of each kind OpenVINO runs."""
    network = encoder._model[0].model._request.get_compiled_model().get_runtime_model()
    return Counter(str(operation.get_rt_info()["layerType"].value) for operation in network.get_ops())


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


def test_as_much_is_computed_as_by_the_model_with_its_weights(minilm):
    random = on_torch(MINILM)
    by_hand = SentenceTransformer(str(locate(MINILM)), device="cpu")
    with FlopCounterMode(display=False) as expected:
        by_hand.encode(TEXTS)
    with FlopCounterMode(display=False) as prepared:
        random.prepare_forward(TEXTS)()
    assert counted_flops(random._encoder, TEXTS) == counted_flops(minilm, TEXTS) == expected.get_total_flops() > 0
    assert prepared.get_total_flops() == expected.get_total_flops()


def test_its_network_is_given_what_the_models_own_is_given(minilm):
    own, random = (encoder._features(TEXTS, "document") for encoder in (minilm, on_torch(MINILM)._encoder))
    assert own.keys() == random.keys() > {"input_ids", "attention_mask", "token_type_ids"}
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        assert torch.equal(own[name], random[name])


@pytest.mark.parametrize("spec", NETWORKS, ids=by_name)
def test_every_network_knows_the_tokens_of_the_tokenizer_that_stands_in(spec):
    tokenizer: Any = SentenceTransformer(str(locate(MINILM)), device="cpu").tokenizer
    assert spec.architecture["vocab_size"] >= len(tokenizer)


@pytest.mark.parametrize("spec", [smaller(spec) for spec in HERE], ids=by_name)
def test_every_model_computes_batches_of_unlike_texts_and_hands_nothing_out(spec, computed, monkeypatch):
    monkeypatch.setitem(local.TOKEN_BUDGET, "cpu", 40)
    model = on_torch(spec)
    assert model.encode(TEXTS) is None
    vectors = torch.cat(computed)
    assert spec.is_static or len(computed) > 1
    assert vectors.shape == (len(TEXTS), spec.dimensions)
    assert len(torch.unique(vectors, dim=0)) == len(TEXTS)
    torch.testing.assert_close(torch.linalg.vector_norm(vectors, dim=1), torch.ones(len(TEXTS)))
    computed.clear()
    assert model.prepare_forward(TEXTS)() is None
    torch.testing.assert_close(torch.cat(computed), vectors)


@pytest.mark.parametrize("spec", [smaller(spec) for spec in NETWORKS], ids=by_name)
def test_padding_does_not_move_a_vector(spec):
    encoder = on_torch(spec)._encoder
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("spec", [smaller(spec) for spec in NETWORKS], ids=by_name)
def test_a_recording_for_a_gpu_computes_the_same(spec, monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(cuda, "record", recorder)
    encoder = on_torch(spec)._encoder
    usual = encoder.encode(TEXTS)
    transformer: Any = encoder._model[0]
    transformer.model = cuda.GraphedModule(transformer.model)
    np.testing.assert_allclose(encoder.encode(TEXTS), usual, rtol=0, atol=1e-5)
    assert recorder.replayed == 1


@pytest.mark.parametrize("spec", [smaller(spec) for spec in HERE], ids=by_name)
def test_a_text_longer_than_the_model_takes_is_truncated_where_its_own_would_be(spec, computed):
    model = on_torch(spec)
    text = "word " * 1000
    (tokens,) = model.count_tokens([text])
    assert tokens == 1000 + (0 if spec.is_static else 2)
    assert model.max_tokens == spec.max_tokens
    for given in ([text], ["Hello", text]):
        model.encode(given)
    assert torch.isfinite(torch.cat(computed)).all()
    if spec.max_tokens:
        features = model._encoder._features([text], "document")
        assert features["input_ids"].shape == (1, min(tokens, spec.max_tokens))


def test_nothing_that_could_be_taken_for_meaning_can_be_had_from_it():
    model = on_torch(smaller(MINILM))
    public = {name: getattr(model, name) for name in dir(model) if not name.startswith("_")}
    facts = {"spec", "device", "engine", "precision", "reason", "revision", "parameters", "memory_bytes", "max_tokens"}
    assert set(public) == facts | {"encode", "prepare_forward", "count_tokens"}
    assert model.revision == "random weights"
    assert not callable(model)
    assert model.encode(["Hello World"]) is None
    assert model.prepare_forward(["Hello World"])() is None
    assert model.count_tokens(["Hello World"]) == [4]


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
    table = next(build(MINILM).parameters())
    assert len(torch.unique(table, dim=0)) == len(table) == 30522


@pytest.mark.parametrize("spec", [smaller(spec) for spec in NETWORKS], ids=by_name)
def test_no_two_weights_of_a_network_are_alike(spec):
    matrices = [weights for weights in build(spec).parameters() if weights.ndim == 2]
    beginnings = torch.stack([weights.flatten()[:100] for weights in matrices])
    assert len(torch.unique(beginnings, dim=0)) == len(matrices)


def test_openvino_makes_the_same_operations_of_it_as_of_the_model_with_its_weights():
    own = encoders.load(MINILM, device="cpu", engine="openvino", precision="float32")
    random = RandomWeights(MINILM, engine="openvino", precision="float32")
    assert operations(random._encoder) == operations(own)


def test_memory_is_that_of_the_weights_in_their_precision():
    model = on_torch(MINILM)
    assert (model.device, model.engine, model.precision, model.reason) == ("cpu", "torch", "float32", "")
    assert model.memory_bytes == 4 * model.parameters == 4 * 22713216


def test_half_precision_takes_half_of_the_memory():
    network = build(smaller(models.get("e5-mistral-7b-instruct")), precision="bfloat16")
    assert {weights.dtype for weights in network.parameters()} == {torch.bfloat16}
    ids = torch.tensor([[1, 2, 3]])
    assert torch.isfinite(network(input_ids=ids).last_hidden_state).all()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "all-mpnet-base-v2", "e5-mistral-7b-instruct"])
def test_openvino_computes_in_the_place_of_torch(computed, request, name, precision):
    if precision == "bfloat16":
        request.getfixturevalue("bfloat16_cpu")
    spec = smaller(models.get(name))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = RandomWeights(spec, engine="openvino", precision=precision)
        torch.manual_seed(SEED)
        usual = on_torch(spec)
    assert (model.engine, model.precision, model.reason) == ("openvino", precision, "")
    assert counted_flops(model._encoder, TEXTS) == 0
    model.prepare_forward(TEXTS)()
    usual.encode(TEXTS)
    for vectors in computed[:2]:
        assert (vectors * computed[2]).sum(dim=1).min() > 0.999


def test_a_network_that_openvino_cannot_take_runs_on_torch_and_says_so(monkeypatch, computed):
    def refuse(*_, **__):
        raise RuntimeError("Couldn't get TorchScript module by tracing.")

    monkeypatch.setattr("core.encoders.openvino.openvino.convert_model", refuse)
    monkeypatch.setattr(random_weights, "recall", lambda *_: Choice("openvino", "bfloat16", 3.0, 0.9999))
    model = RandomWeights(smaller(MINILM))
    assert (model.engine, model.precision) == ("torch", "float32")
    assert model.reason == (
        "OpenVINO cannot compute a BertModel (Couldn't get TorchScript module by tracing.). Using torch in float32 "
        "instead."
    )
    model.encode(TEXTS)
    assert computed[0].shape == (len(TEXTS), SMALLER["hidden_size"])


def test_what_is_left_open_is_as_the_stand_in_is_computed_which_is_measured_once(monkeypatch, tmp_path):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    monkeypatch.setattr(choice, "ROUNDS", 1)
    monkeypatch.setattr(choice, "probe", lambda: TEXTS[:2])
    first = RandomWeights(smaller(models.get("bge-large-en-v1.5")))
    found = recall((MINILM.id, str(MINILM.revision), "cpu"), candidates("cpu", "auto", "auto"))
    assert found
    assert (first.engine, first.precision) == (found.engine, found.precision)
    assert first.reason == AS_STAND_IN
    monkeypatch.setattr(random_weights, "load_local", lambda *_: pytest.fail("the stand-in is loaded to be measured"))
    again = RandomWeights(smaller(models.get("bge-small-en-v1.5")))
    assert (again.engine, again.precision, again.reason) == (first.engine, first.precision, first.reason)
    own = encoders.load(MINILM, device="cpu")
    assert (own.engine, own.precision) == (first.engine, first.precision)


def test_a_model_too_large_to_compare_engines_runs_on_torch_as_with_its_own_weights(monkeypatch):
    monkeypatch.setattr("core.models.memory.budgets", lambda: {"cpu": 100_000_000})
    model = RandomWeights(smaller(MINILM))
    assert (model.engine, model.precision, model.reason) == ("torch", "float32", assembly.TOO_LARGE)


def test_a_model_too_large_for_a_gpu_in_float32_is_built_in_half_precision(monkeypatch, computed):
    monkeypatch.setattr(random_weights, "half_for_large", lambda *_: "bfloat16")
    model = RandomWeights(smaller(models.get("e5-mistral-7b-instruct")))
    assert (model.engine, model.precision, model.reason) == ("torch", "bfloat16", assembly.TOO_LARGE)
    assert model.memory_bytes == 2 * model.parameters
    model.encode(TEXTS)
    assert computed[0].dtype == torch.float32


@pytest.mark.parametrize(
    ("engine", "precision", "needed"), [("torch", "float32", "28 GB"), ("openvino", "float32", "57 GB")]
)
def test_a_model_larger_than_the_memory_is_refused_before_any_is_taken(monkeypatch, engine, precision, needed):
    small = replace(this_machine(), memory_bytes=8_000_000)
    monkeypatch.setattr(random_weights, "this_machine", lambda: small)
    for name in ("build", "load_model", "load_local"):
        monkeypatch.setattr(random_weights, name, lambda *_, **__: pytest.fail("memory was taken"))
    with pytest.raises(ModelUnavailableError) as raised:
        RandomWeights(models.get("e5-mistral-7b-instruct"), engine=engine, precision=precision)
    message = str(raised.value)
    assert message.startswith(f"e5-mistral-7b-instruct needs {needed} of memory in {precision}")
    assert "8 MB free" in message


@pytest.mark.parametrize("spec", BEHIND_API, ids=by_name)
def test_a_model_behind_an_api_has_no_network_to_time(spec):
    with pytest.raises(DeviceError, match=f"^{spec.name} runs behind an API"):
        RandomWeights(spec)


@pytest.mark.parametrize(
    "spec",
    [
        replace(MINILM, architecture={}),
        replace(models.get("potion-base-8M"), parameters=None),
        models.get("somebody/a-model"),
    ],
    ids=["a network", "a table", "a model of the Hub"],
)
def test_a_model_of_unknown_architecture_says_so(spec):
    with pytest.raises(ModelUnavailableError, match=f"^The architecture of {spec.name} is unknown"):
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
        RandomWeights(MINILM, device="cuda")


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
