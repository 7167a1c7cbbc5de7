"""Texts in, vectors out: what is remembered, and what is computed."""

import json
import subprocess
import sys
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from core import embedding, models
from core.embedding import KEEP_EVERY, embed_with
from core.encoders import Kind, Traceable
from core.encoders.base import CHOOSING, identity_of, with_options_of
from core.encoders.pool import Pool
from core.encoders.vocabulary import Vocabulary
from core.errors import InputError, ModelUnavailableError
from core.storage.vectors import Store, shared_store
from tests.conftest import ROOT, FakeEncoder

SPEC = models.get("wordllama-256")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "vectors.sqlite")


@pytest.fixture
def loads(monkeypatch):
    """The names of the models that were loaded; they are fake."""
    names = []

    def load(spec, **_):
        names.append(spec.name)
        return FakeEncoder(spec)

    monkeypatch.setattr("core.encoders.load", load)
    return names


class CancelledError(Exception):
    pass


def test_vectors_come_in_the_order_of_the_texts(fake_encoder, store):
    embed_with(fake_encoder, ["c", "a"], store=store)
    texts = ["a", "b", "c", "d", "a"]
    vectors = embed_with(fake_encoder, texts, store=store).vectors
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, FakeEncoder(SPEC).encode(texts))


def test_known_texts_are_not_computed_again(fake_encoder, store):
    embed_with(fake_encoder, ["a", "b"], store=store)
    embed_with(fake_encoder, ["b", "c", "a"], store=store)
    assert fake_encoder.computed == ["a", "b", "c"]


def test_a_text_that_stands_twice_is_computed_once(fake_encoder, store):
    vectors = embed_with(fake_encoder, ["a", "b", "a", "a"], store=store).vectors
    assert sorted(fake_encoder.computed) == ["a", "b"]
    np.testing.assert_array_equal(vectors[0], vectors[3])


def test_provenance_tells_what_was_computed_and_what_remembered(fake_encoder, store):
    embed_with(fake_encoder, ["a", "b"], store=store)
    source = embed_with(fake_encoder, ["a", "b", "c", "d", "e"], store=store).provenance
    assert (source.texts, source.computed, source.remembered) == (5, 3, 2)
    assert (source.model, source.revision, source.kind) == ("wordllama-256", "fake", "document")
    assert (source.device, source.engine, source.precision) == ("cpu", "fake", "float32")


def test_provenance_tells_why_this_engine_was_taken(fake_encoder):
    fake_encoder.reason = "the fastest on this machine"
    assert embed_with(fake_encoder, ["a"]).provenance.reason == "the fastest on this machine"


def test_queries_and_documents_are_remembered_apart(fake_encoder, store):
    # keyed by the prompt; this model has one and the same for both, so a prompt is given to queries
    fake_encoder.spec = models.get("bge-small-en-v1.5")
    document = embed_with(fake_encoder, ["a"], store=store).vectors
    query = embed_with(fake_encoder, ["a"], kind="query", store=store).vectors
    assert not np.array_equal(document, query)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("revision", "other"), ("precision", "float16"), ("max_tokens", 8), ("dimensions", 128)],
)
def test_what_a_vector_depends_on_keeps_it_apart(fake_encoder, store, attribute, value):
    embed_with(fake_encoder, ["a"], store=store)
    setattr(fake_encoder, attribute, value)
    assert embed_with(fake_encoder, ["a"], store=store).provenance.remembered == 0


@pytest.mark.parametrize(("precision", "remembered"), [("float32", 1), ("bfloat16", 0)])
def test_engines_share_what_they_remember_in_float32_but_not_below_it(fake_encoder, store, precision, remembered):
    fake_encoder.precision = precision
    embed_with(fake_encoder, ["a"], store=store)
    fake_encoder.engine = "other"
    assert embed_with(fake_encoder, ["a"], store=store).provenance.remembered == remembered


def test_of_long_texts_a_few_seconds_of_work_at_most_are_lost(fake_encoder, store):
    texts = [f"{number} " + "word " * 1000 for number in range(30)]

    def cancel_late(what, done, total):
        if done >= 13:
            raise CancelledError

    with pytest.raises(CancelledError):
        embed_with(fake_encoder, texts, store=store, on_progress=cancel_late)
    assert embed_with(fake_encoder, texts, store=store).provenance.remembered == 13


KILLED = """
import os, signal, sys
from pathlib import Path
from core import models
from core.embedding import embed_with
from core.storage.vectors import Store, shared_store
from tests.conftest import FakeEncoder

def kill_late(what, done, total):
    if done >= 13:
        os.kill(os.getpid(), signal.SIGKILL)

texts = [f"{number} " + "word " * 1000 for number in range(30)]
encoder = FakeEncoder(models.get("wordllama-256"))
embed_with(encoder, texts, store=Store(Path(sys.argv[1])), on_progress=kill_late)
"""


def test_a_killed_server_resumes_from_what_it_had_computed(fake_encoder, store):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(store.path)], cwd=ROOT, check=False)
    assert killed.returncode == -9
    texts = [f"{number} " + "word " * 1000 for number in range(30)]
    source = embed_with(fake_encoder, texts, store=store).provenance
    assert (source.remembered, source.computed) == (13, 17)


def test_a_cancelled_run_keeps_what_it_has_computed(fake_encoder, store):
    texts = [f"text {number}" for number in range(3 * KEEP_EVERY)]

    def cancel_late(what, done, total):
        if done >= KEEP_EVERY:
            raise CancelledError

    with pytest.raises(CancelledError):
        embed_with(fake_encoder, texts, store=store, on_progress=cancel_late)
    known = len(fake_encoder.computed)
    assert KEEP_EVERY <= known < len(texts)
    source = embed_with(fake_encoder, texts, store=store).provenance
    assert (source.remembered, source.computed) == (known, len(texts) - known)


def test_progress_counts_the_texts_that_are_computed_over_the_whole_run(fake_encoder, store):
    texts = [f"text {number}" for number in range(2 * KEEP_EVERY + 100)]
    embed_with(fake_encoder, texts[:100], store=store)
    heard = []
    embed_with(fake_encoder, texts, store=store, on_progress=lambda _, done, total: heard.append((done, total)))
    assert heard == [(0, 2 * KEEP_EVERY), (KEEP_EVERY, 2 * KEEP_EVERY)]


def test_without_a_store_everything_is_computed(fake_encoder):
    embed_with(fake_encoder, ["a"])
    assert embed_with(fake_encoder, ["a"]).provenance.computed == 1
    assert fake_encoder.computed == ["a", "a"]


def test_no_texts_give_no_rows(fake_encoder, store):
    embedded = embed_with(fake_encoder, [], store=store)
    assert embedded.vectors.shape == (0, 256)
    assert embedded.provenance.texts == 0


def test_broken_unicode_is_mended_before_it_is_embedded_and_remembered(fake_encoder, store):
    embed_with(fake_encoder, ["half \ud83d", "whole \ud83d\ude00"], store=store)
    assert set(fake_encoder.computed) == {"half \ufffd", "whole 😀"}
    assert embed_with(fake_encoder, ["half \ufffd"], store=store).provenance.remembered == 1


def test_embed_loads_a_model_once_and_uses_the_store_given(monkeypatch, loads, store):
    pool = Pool()
    monkeypatch.setattr(embedding, "shared_pool", lambda: pool)
    first = embedding.embed(["a", "b"], SPEC, store=store)
    again = embedding.embed(["a", "b"], SPEC, store=store)
    assert loads == ["wordllama-256"]
    assert (first.provenance.computed, again.provenance.remembered) == (2, 2)
    np.testing.assert_array_equal(first.vectors, again.vectors)


def test_embed_hands_device_engine_and_precision_to_the_loading(monkeypatch, store):
    asked = []

    def load(spec, **options):
        asked.append({name: options[name] for name in ("device", "engine", "precision")})
        return FakeEncoder(spec)

    pool = Pool()
    monkeypatch.setattr("core.encoders.load", load)
    monkeypatch.setattr(embedding, "shared_pool", lambda: pool)
    spec = models.get("all-MiniLM-L6-v2")
    embedding.embed(["a"], spec, device="cpu", engine="torch", precision="float32", store=store)
    assert asked == [{"device": "cpu", "engine": "torch", "precision": "float32"}]


def test_embed_with_a_model_that_is_not_here_raises_at_once(monkeypatch, tmp_path, loads, store):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelUnavailableError):
        embedding.embed(["a"], models.get("bge-large-en-v1.5"), store=store)
    assert loads == []


# stored vectors without the model

ANEW = """
import sys
from core import embedding, models
texts = sys.argv[1:]
found = embedding.embed(texts, models.get("wordllama-256"))
assert not {"torch", "sentence_transformers", "openvino", "tokenizers"} & set(sys.modules)
source = found.provenance
print(source.remembered, source.engine, source.unknown_texts, source.truncated_texts, found.vectors.tobytes().hex())
"""


@pytest.mark.usefixtures("wordllama")
def test_a_fresh_process_reads_known_texts_without_loading_a_library():
    texts = ["A text of one's own, never shipped.", "🙃 🙃", "long " * 300]
    here = embedding.embed(texts, SPEC, store=shared_store.__wrapped__())  # of this home, whichever came first
    anew = subprocess.run([sys.executable, "-c", ANEW, *texts], cwd=ROOT, capture_output=True, text=True, check=True)
    *facts, vectors = anew.stdout.split()
    assert facts == ["3", "static", str(here.provenance.unknown_texts), "0"]
    assert vectors == here.vectors.tobytes().hex()


class Described(FakeEncoder):
    vocabulary = Vocabulary(frozenset({0}), knows_plain_words=True)

    def shorten(self, dimensions):
        self.dimensions = dimensions


class Restarts:
    """A server whose models are fake: nothing is loaded after each restart, and loading is counted."""

    def __init__(self, monkeypatch):
        self.loads = 0
        self._monkeypatch = monkeypatch

    def __call__(self, **changes):
        pool = Pool()
        self._monkeypatch.setattr(embedding, "shared_pool", lambda: pool)

        def load(spec, **_):
            loaded = Described(spec)
            for name, value in changes.items():
                setattr(loaded, name, value)
            self.loads += 1
            return loaded

        self._monkeypatch.setattr("core.encoders.load", load)


@pytest.fixture
def restart(home, monkeypatch):
    server = Restarts(monkeypatch)
    server()
    return server


def test_after_a_restart_the_model_is_loaded_for_what_is_new_alone(restart, store):
    texts = ["a", "b"]
    first = embedding.embed(texts, SPEC, store=store)
    restart()
    again = embedding.embed(texts, SPEC, store=store)
    assert restart.loads == 1
    assert again.identity == first.identity
    assert (again.provenance.remembered, again.provenance.engine) == (2, "fake")
    np.testing.assert_array_equal(again.vectors, first.vectors)
    assert embedding.embed(["a", "c"], SPEC, store=store).provenance.computed == 1
    assert restart.loads == 2


@pytest.mark.parametrize(
    ("changes", "request_"),
    [
        ({"revision": "another"}, {}),
        ({"truncate_dim": 64}, {}),
        ({"document_prompt": "passage: "}, {}),
        ({}, {"precision": "float32"}),
    ],
    ids=["revision", "dimensions", "prompt", "precision"],
)
def test_another_model_or_request_is_loaded(restart, store, changes, request_):
    embedding.embed(["a"], SPEC, store=store)
    restart()
    embedding.embed(["a"], replace(SPEC, **changes), store=store, **request_)
    assert restart.loads == 2


def test_a_precision_that_took_over_is_the_one_that_is_read(restart, store):
    restart(reason=CHOOSING)
    assert embedding.embed(["a"], SPEC, store=store).provenance.reason == CHOOSING
    restart(precision="bfloat16")
    embedding.embed(["a", "b"], SPEC, store=store)
    restart()
    again = embedding.embed(["a", "b"], SPEC, store=store).provenance
    assert (again.precision, again.reason, again.remembered, restart.loads) == ("bfloat16", "", 2, 2)


def test_a_torn_description_is_as_good_as_none(restart, store, home):
    embedding.embed(["a"], SPEC, store=store)
    (kept,) = (home / "descriptions").iterdir()
    kept.write_text('{"revision": 1')
    restart()
    assert embedding.embed(["a"], SPEC, store=store).provenance.remembered == 1
    assert restart.loads == 2


# truncation and prompts


def test_texts_longer_than_the_model_reads_are_counted_with_their_prompt(fake_encoder):
    fake_encoder.spec = fake_encoder.spec.with_prompts("one two ", "")
    texts = ["word " * 15, "word " * 16, "word " * 17, "a"]
    assert embed_with(fake_encoder, texts).provenance.truncated_texts == 1
    asked = embed_with(fake_encoder, texts, kind="query").provenance
    assert (asked.truncated_texts, asked.max_tokens, asked.query_prompt) == (3, 16, "one two ")
    assert asked.truncation == (
        "3 of 4 queries are longer than the 16 tokens that wordllama-256 reads: it never sees the rest."
    )


def test_known_texts_are_not_searched_for_unknown_tokens_again(fake_encoder, store, monkeypatch):
    tokenised = []
    usual = fake_encoder.count_known_tokens

    def count_known_tokens(texts):
        tokenised.extend(texts)
        return usual(texts)

    monkeypatch.setattr(fake_encoder, "count_known_tokens", count_known_tokens)
    for kind in ("query", "document"):
        found = embed_with(fake_encoder, ["? ?", "a", "? b", "? ?"], kind=kind, store=store)
        source = found.provenance
        assert (source.unknown_texts, found.unknown) == (2, (0, 3))
        noun = {"query": "queries", "document": "texts"}[kind]
        assert source.lack_in_short == f"2 {noun} have no word that wordllama-256 knows."
    assert tokenised == ["? ?", "? b"]
    assert source.lack_of_tokens.startswith("2 of 4 texts have no token that wordllama-256 knows")


def test_the_seconds_include_counting(fake_encoder, monkeypatch):
    def count_tokens(texts):
        monkeypatch.setattr("core.embedding.time.perf_counter", lambda: 2.0)
        return [1] * len(texts)

    monkeypatch.setattr("core.embedding.time.perf_counter", lambda: 0.0)
    monkeypatch.setattr(fake_encoder, "count_tokens", count_tokens)
    assert embed_with(fake_encoder, ["word " * 17]).provenance.seconds == 2.0


def test_vectors_of_two_similarities_share_nothing_in_the_store(fake_encoder, store):
    embed_with(fake_encoder, ["a"], store=store)
    fake_encoder.spec = replace(fake_encoder.spec, similarity="dot")
    source = embed_with(fake_encoder, ["a"], store=store).provenance
    assert (source.computed, source.similarity, source.comparison) == (1, "dot", "compared by dot product")


def test_tokens_of_known_texts_are_not_counted_again(fake_encoder, store, monkeypatch):
    tokenised = []

    def count_tokens(texts):
        tokenised.extend(texts)
        return [len(text.split()) for text in texts]

    monkeypatch.setattr(fake_encoder, "count_tokens", count_tokens)
    known, new = "word " * 17, "other " * 16
    for texts in ([known, known], [known, new], [new, known]):
        truncated = sum(text == known for text in texts)
        assert embed_with(fake_encoder, texts, store=store).provenance.truncated_texts == truncated
    assert tokenised == [known, new]
    fake_encoder.spec = fake_encoder.spec.with_prompts(None, "passage: ")
    assert embed_with(fake_encoder, [known, new], store=store).provenance.truncated_texts == 2
    assert tokenised[2:] == [f"passage: {known}", f"passage: {new}"]


def test_a_model_without_a_limit_truncates_nothing(wordllama):
    source = embed_with(wordllama, ["word " * 5000]).provenance
    assert (source.truncated_texts, source.max_tokens, source.truncation) == (0, None, "")


def test_a_real_tokenizer_agrees(minilm):
    texts = ["The treaty was signed. " * 60, "Treaties are signed with pens."]
    source = embed_with(minilm, texts).provenance
    assert source.truncation == (
        "1 of 2 texts is longer than the 256 tokens that all-MiniLM-L6-v2 reads: it never sees the rest."
    )


def test_other_prompts_do_not_load_the_model_again_and_share_no_vectors(loads, store, monkeypatch):
    pool = Pool()
    monkeypatch.setattr(embedding, "shared_pool", lambda: pool)
    first = embedding.embed(["a"], SPEC, kind="query", store=store)
    other = SPEC.with_prompts("query: ", None)
    second = embedding.embed(["a"], other, kind="query", store=store)
    assert loads == [SPEC.name]
    assert [each.provenance.computed for each in (first, second)] == [1, 1]
    assert [each.provenance.query_prompt for each in (first, second)] == ["", "query: "]
    assert [each.identity.query_prompt for each in (first, second)] == ["", "query: "]


def test_shorter_vectors_are_of_the_same_loaded_model_and_stored_apart(minilm, loads, store, monkeypatch):
    pool = Pool()
    monkeypatch.setattr(embedding, "shared_pool", lambda: pool)
    monkeypatch.setattr("core.encoders.load", lambda spec, **_: loads.append(spec.name) or minilm)
    spec = models.get("all-MiniLM-L6-v2")
    whole, short = (embedding.embed(["an owl"], each, store=store) for each in (spec, spec.with_dimensions(64)))
    assert loads == [spec.name]
    assert (short.provenance.computed, short.provenance.truncate_dim) == (1, 64)
    assert (short.identity.dimensions, whole.identity.dimensions) == (64, 384)
    by_hand = whole.vectors[:, :64] / np.linalg.norm(whole.vectors[:, :64])
    np.testing.assert_allclose(short.vectors, by_hand, atol=1e-6)
    trace = cast(Traceable, with_options_of(minilm, spec.with_dimensions(64))).trace("an owl")
    assert trace.vectors.shape[1] == len(trace.pooled) == 64
    for wrong in (0, 385):
        with pytest.raises(InputError, match="384 dimensions: choose 1 to 384"):
            embedding.embed(["an owl"], spec.with_dimensions(wrong), store=store)


# identity


def test_what_was_stored_before_is_found_under_the_identity(fake_encoder):
    fake_encoder.spec = models.get("bge-small-en-v1.5")
    identity = identity_of(fake_encoder)
    prompt = fake_encoder.spec.query_prompt
    assert prompt
    kinds: dict[Kind, str] = {"document": "", "query": prompt}
    for kind, before in kinds.items():
        expected = json.dumps([fake_encoder.spec.id, "fake", before, 16, fake_encoder.dimensions, "float32"])
        assert identity.namespace(kind) == expected


def test_below_float32_the_engine_is_a_part_of_the_precision(fake_encoder):
    fake_encoder.precision = "bfloat16"
    assert identity_of(fake_encoder).precision == "fake bfloat16"


def test_vectors_carry_the_identity_of_what_computed_them(fake_encoder):
    assert embed_with(fake_encoder, ["a"]).identity == identity_of(fake_encoder)
