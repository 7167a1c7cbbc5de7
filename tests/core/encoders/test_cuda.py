"""Recorded kernels, on the CPU: a recording here is a stand-in that keeps its buffers and computes one shape only."""

from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from core.encoders import cuda
from core.encoders.cuda import GraphedModule, pad, padded_shape
from tests.core.encoders.architectures import FAMILIES, MAX_TOKENS

pytestmark = pytest.mark.usefixtures("one_thread")

WORD = " and on"


class Recorder:
    """Records as a GPU does: what comes back reads from fixed buffers and writes into a fixed one."""

    def __init__(self):
        self.shapes = []
        self.replayed = 0

    def __call__(self, module, example, pool):
        self.shapes.append(tuple(example["input_ids"].shape))
        inputs = {name: values.clone() for name, values in example.items()}
        vectors = module(**inputs)[0]

        def replay(features):
            self.replayed += 1
            for name, values in features.items():
                inputs[name].copy_(values)
            vectors.copy_(module(**inputs)[0])
            return vectors

        return replay


@pytest.fixture
def recorder(monkeypatch):
    found = Recorder()
    monkeypatch.setattr(cuda, "record", found)
    return found


@pytest.fixture(scope="module", params=FAMILIES)
def eager(request, tiny_models):
    return SentenceTransformer(str(tiny_models / request.param), device="cpu")


@pytest.fixture(scope="module")
def bert(tiny_models):
    return SentenceTransformer(str(tiny_models / "bert"), device="cpu")


@pytest.fixture(autouse=True)
def without_gradients():
    with torch.inference_mode():
        yield


def graphed_encode(model, graphed, texts):
    usual, model[0].model = model[0].model, graphed
    try:
        return model.encode(texts, batch_size=64)
    finally:
        model[0].model = usual


def texts_of(number, longest):
    """So many texts, the longest of about so many tokens."""
    return ["A sentence" + WORD * (longest * place // number // 3) for place in range(1, number + 1)]


def features_of(model, texts):
    features = model.preprocess(texts)
    return {name: values for name, values in features.items() if torch.is_tensor(values)}


@pytest.mark.parametrize(
    ("shape", "padded"),
    [
        ((1, 1), (1, 8)),
        ((1, 8), (1, 8)),
        ((1, 9), (1, 16)),
        ((3, 17), (4, 32)),
        ((16, 128), (16, 128)),
        ((32, 64), (32, 64)),
    ],
)
def test_a_short_input_is_padded_to_the_next_recorded_shape(shape, padded):
    assert padded_shape(*shape) == padded


@pytest.mark.parametrize("shape", [(1, 129), (33, 1), (17, 128), (32, 65)])
def test_an_input_too_large_to_wait_for_the_gpu_has_no_recorded_shape(shape):
    assert padded_shape(*shape) is None


def test_padding_keeps_the_features_and_hides_what_it_adds(bert):
    features = features_of(bert, ["Hello World", "Hello"])
    texts, tokens = features["input_ids"].shape
    padded = pad(features, (4, 32), padding=7)
    assert padded.keys() == features.keys()
    for name, values in padded.items():
        assert values.shape == (4, 32)
        assert torch.equal(values[:texts, :tokens], features[name])
    assert (padded["input_ids"][texts:] == 7).all()
    assert (padded["input_ids"][:, tokens:] == 7).all()
    assert not padded["attention_mask"][:texts, tokens:].any()
    assert padded["attention_mask"][texts:].sum(dim=1).tolist() == [1, 1]


def test_padding_leaves_the_given_features_alone(bert):
    features = features_of(bert, ["Hello World", "Hello"])
    copies = {name: values.clone() for name, values in features.items()}
    pad(features, tuple(features["input_ids"].shape), padding=0)
    assert all(torch.equal(features[name], copies[name]) for name in copies)


@pytest.mark.parametrize(("number", "longest"), [(1, 3), (1, 90), (3, 20), (5, 9), (13, 40), (32, 90)])
def test_replayed_vectors_equal_those_computed_as_usual(eager, recorder, number, longest):
    texts = texts_of(number, longest)
    found = graphed_encode(eager, GraphedModule(eager[0].model), texts)
    assert len(recorder.shapes) == recorder.replayed == 1
    np.testing.assert_allclose(found, eager.encode(texts, batch_size=64), rtol=0, atol=1e-5)


def test_a_recording_is_used_again_and_not_disturbed_by_the_one_before(eager, recorder):
    graphed = GraphedModule(eager[0].model)
    requests = [texts_of(3, 9), ["Another text"], texts_of(4, 12), texts_of(20, MAX_TOKENS), ["One more"], [""]]
    for texts in requests * 2:
        found = graphed_encode(eager, graphed, texts)
        np.testing.assert_allclose(found, eager.encode(texts, batch_size=64), rtol=0, atol=1e-5)
    assert len(recorder.shapes) == len(set(recorder.shapes)) < len(requests)
    assert recorder.replayed == 2 * len(requests)


def test_an_answer_is_not_overwritten_by_the_next_one(bert, recorder):
    graphed = GraphedModule(bert[0].model)
    first = graphed(**features_of(bert, ["Hello World"])).last_hidden_state
    kept = first.clone()
    graphed(**features_of(bert, ["Goodbye"]))
    assert torch.equal(first, kept)


def test_an_input_too_large_is_computed_as_usual(bert, recorder):
    texts = texts_of(40, 20)
    found = graphed_encode(bert, GraphedModule(bert[0].model), texts)
    assert recorder.shapes == []
    np.testing.assert_array_equal(found, bert.encode(texts, batch_size=64))


def test_a_network_that_cannot_be_recorded_is_computed_as_usual_for_good(bert, monkeypatch, caplog):
    tried = []

    def refuse(module, example, pool):
        tried.append(example)
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(cuda, "record", refuse)
    graphed = GraphedModule(bert[0].model)
    for texts in (["Hello World"], texts_of(3, 20), ["Hello World"]):
        np.testing.assert_array_equal(graphed_encode(bert, graphed, texts), bert.encode(texts, batch_size=64))
    assert len(tried) == 1
    assert "Could not record BertModel as a CUDA graph: operation not permitted" in caplog.text


def test_without_memory_for_a_recording_it_is_computed_as_usual_and_the_next_input_is_recorded(
    bert, recorder, monkeypatch
):
    def exhaust(module, example, pool):
        raise torch.OutOfMemoryError("CUDA out of memory")

    graphed = GraphedModule(bert[0].model)
    with monkeypatch.context() as patch:
        patch.setattr(cuda, "record", exhaust)
        found = graphed_encode(bert, graphed, ["Hello World"])
    np.testing.assert_array_equal(found, bert.encode(["Hello World"], batch_size=64))
    graphed_encode(bert, graphed, ["Hello World"])
    assert len(recorder.shapes) == 1


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_a_half_has_its_parameters_in_half_precision_and_its_positions_as_they_were(tiny_models, precision):
    transformer: Any = SentenceTransformer(str(tiny_models / "mistral"), device="cpu")[0]
    module = transformer.model
    halved = cuda.half(module, precision)
    assert {weights.dtype for weights in halved.parameters()} == {getattr(torch, precision)}
    assert {weights.dtype for weights in module.parameters()} == {torch.float32}
    usual = dict(module.named_buffers())
    for name, values in halved.named_buffers():
        assert values.dtype == usual[name].dtype
        assert torch.equal(values, usual[name])


def test_a_network_in_half_precision_hands_out_float32(bert, recorder):
    graphed = GraphedModule(cuda.half(bert[0].model, "bfloat16"))
    for texts in (["Hello World"], texts_of(40, 40)):  # recorded, and too many for a recording
        vectors = graphed(**features_of(bert, texts)).last_hidden_state
        assert vectors.dtype == torch.float32
        usual = bert[0].model(**features_of(bert, texts)).last_hidden_state
        assert torch.cosine_similarity(vectors.flatten(), usual.flatten(), dim=0) > 0.995
