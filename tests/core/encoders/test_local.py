"""How requests share a model on this machine: batch by batch, in turns, and within the GPU's memory."""

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from core import encoders, models, visitors
from core.encoders import assembly, local
from core.encoders.local import LocalEncoder
from core.errors import DeviceError, InputError, ModelUnavailableError
from core.jobs.worker import Worker

TEXTS = [f"Sentence {number}" + " goes on" * (number % 9) for number in range(40)]
SECONDS = 30


class CancelledError(Exception):
    pass


@pytest.fixture
def bert(models_directory):
    """A tiny model that computes a few texts at a time."""
    return encoders.load(models.get("folder:bert"), device="cpu", engine="torch", precision="float32")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(local, "WINDOW", 10)
    monkeypatch.setitem(local.TOKEN_BUDGET, "cpu", 100)


@pytest.fixture
def sizes(monkeypatch):
    """The number of texts of each call of the network."""
    found = []
    usual = LocalEncoder._forward

    def forward(self, features):
        found.append(len(features["input_ids"]))
        return usual(self, features)

    monkeypatch.setattr(LocalEncoder, "_forward", forward)
    return found


@pytest.fixture
def computed(monkeypatch):
    """The vectors of each batch, as they are left on the device, and the thread that has computed them."""
    found = []
    usual = LocalEncoder._vectors

    def unit_vectors(self, features):
        vectors = usual(self, features)
        found.append((vectors.numpy(), threading.get_ident()))
        return vectors

    monkeypatch.setattr(LocalEncoder, "_vectors", unit_vectors)
    return found


def rows_of(computed):
    """All vectors since the last time, in the order in which they were computed."""
    rows = np.concatenate([vectors for vectors, _ in computed])
    computed.clear()
    return rows


def limit_memory(patch, most):
    """Let the network fail as on a GPU whose memory suffices for so many texts at once."""
    usual = LocalEncoder._forward

    def forward(self, features):
        if len(features["input_ids"]) > most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return usual(self, features)

    patch.setattr(LocalEncoder, "_forward", forward)


def test_many_batches_give_the_vectors_of_one(bert, monkeypatch):
    whole = bert.encode(TEXTS)
    monkeypatch.setattr(local, "WINDOW", 10)
    monkeypatch.setitem(local.TOKEN_BUDGET, "cpu", 100)
    np.testing.assert_allclose(bert.encode(TEXTS), whole, rtol=0, atol=1e-6)


def test_a_batch_is_not_padded_beyond_its_own_longest_text(bert, small_batches, monkeypatch):
    padded, usual = [], LocalEncoder._forward

    def forward(self, features):
        mask = features["attention_mask"]
        padded.append(int(mask.shape[1] - mask.sum(dim=1).max()))
        return usual(self, features)

    monkeypatch.setattr(LocalEncoder, "_forward", forward)
    bert.encode(TEXTS)
    assert len(padded) > 4
    assert set(padded) == {0}


def test_progress_tells_how_many_are_done_at_every_batch(bert, small_batches, sizes):
    heard = []
    bert.encode(TEXTS, on_progress=lambda what, done, total: heard.append((what, done, total)))
    done_before = [sum(sizes[:number]) for number in range(len(sizes))]
    assert heard == [("Embedding with folder:bert", done, len(TEXTS)) for done in done_before]
    assert len(heard) > 4


@pytest.mark.parametrize("batch", range(5))
def test_at_every_batch_progress_can_cancel_the_rest(bert, small_batches, sizes, batch):
    heard: list[int] = []

    def cancel(what, done, total):
        if len(heard) == batch:
            raise CancelledError
        heard.append(done)

    with pytest.raises(CancelledError):
        bert.encode(TEXTS, on_progress=cancel)
    assert len(sizes) == batch
    assert bert.encode(TEXTS[:1]).shape == (1, bert.dimensions)


def test_where_memory_does_not_suffice_batches_are_halved_until_it_does(bert, sizes, monkeypatch):
    expected = bert.encode(TEXTS)
    assert sizes == [len(TEXTS)]
    limit_memory(monkeypatch, most=3)
    np.testing.assert_allclose(bert.encode(TEXTS), expected, rtol=0, atol=1e-6)
    assert max(sizes[1:]) <= 3
    assert sum(sizes[1:]) == len(TEXTS)


def test_where_one_text_is_too_much_a_sentence_says_what_to_do_and_the_next_request_works(bert):
    with pytest.MonkeyPatch.context() as patch:
        limit_memory(patch, most=0)
        with pytest.raises(
            DeviceError, match=r"does not have enough memory for one text with folder:bert\. Shorten the text"
        ):
            bert.encode(TEXTS)
    assert bert.encode(TEXTS[:2]).shape == (2, bert.dimensions)


def test_a_static_model_is_halved_as_well(wordllama):
    expected = wordllama.encode(TEXTS)
    failures = iter([True, True, False, True])
    usual = LocalEncoder._forward

    def forward(self, features):
        if next(failures, False):
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return usual(self, features)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LocalEncoder, "_forward", forward)
        found = wordllama.encode(TEXTS)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["query", "document"])
def test_a_prepared_forward_pass_computes_what_encode_computes_at_every_call(
    models_directory, small_batches, computed, kind
):
    spec = replace(models.get("folder:bert"), query_prompt="query: ")
    encoder = assembly.load_local(spec, "cpu", "torch")
    vectors = encoder.encode(TEXTS, kind)
    batches, expected = len(computed), rows_of(computed)
    forward = encoder.prepare_forward(TEXTS, kind)
    assert computed == []
    for _ in range(2):
        assert forward() is None
        assert len(computed) == batches > 4
        np.testing.assert_allclose(rows_of(computed), expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(sorted(vectors[:, 0]), sorted(expected[:, 0]), rtol=0, atol=1e-6)


def test_a_prepared_forward_pass_of_a_static_model_computes_what_encode_computes(wordllama, computed):
    wordllama.encode(TEXTS)
    expected = rows_of(computed)
    wordllama.prepare_forward(TEXTS)()
    np.testing.assert_allclose(rows_of(computed), expected, rtol=0, atol=1e-6)


def test_a_prepared_forward_pass_has_its_tokens_and_runs_where_it_is_called(bert, computed, monkeypatch):
    forward = bert.prepare_forward(TEXTS)
    monkeypatch.setattr(LocalEncoder, "_features", lambda *_: pytest.fail("the texts are tokenised again"))
    forward()
    assert [thread for _, thread in computed] == [threading.get_ident()]


def test_a_prepared_forward_pass_that_the_memory_does_not_hold_is_a_sentence(bert, monkeypatch):
    def exhaust(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    forward = bert.prepare_forward(TEXTS)
    monkeypatch.setattr(LocalEncoder, "_vectors", exhaust)
    with pytest.raises(DeviceError, match="does not have enough memory for these texts with folder:bert: use fewer"):
        forward()


def test_a_failure_while_tokenising_reaches_the_caller_and_the_next_request_works(bert, monkeypatch):
    def fail(*_):
        raise OverflowError("The tokenizer gives up.")

    with monkeypatch.context() as patch:
        patch.setattr(LocalEncoder, "_features", fail)
        with pytest.raises(OverflowError):
            bert.encode(TEXTS)
    assert bert.encode(TEXTS[:2]).shape == (2, bert.dimensions)


def test_a_small_request_is_computed_after_the_batch_at_hand_and_answered_before_a_large_one_ends(
    bert, small_batches, monkeypatch
):
    computed: list[int] = []
    submitted: list[object] = []
    started, queued, answered = threading.Event(), threading.Event(), threading.Event()
    compute, submit = LocalEncoder._compute, bert._owner.submit

    def record(self, features, batch):
        if not computed:
            started.set()
            assert queued.wait(SECONDS), "the small request was not queued while the first batch was computed"
        computed.append(len(batch))
        return compute(self, features, batch)

    def note(*task, **cost):
        future = submit(*task, **cost)
        submitted.append(task)
        if len(submitted) == 2:
            queued.set()
        return future

    def hold_the_end(what, done, total):
        if done > total / 2:
            assert answered.wait(SECONDS), "the small request waits for the end of the large one"

    monkeypatch.setattr(LocalEncoder, "_compute", record)
    monkeypatch.setattr(bert._owner, "submit", note)
    with ThreadPoolExecutor(2) as threads:
        large = threads.submit(bert.encode, TEXTS, on_progress=hold_the_end)
        assert started.wait(SECONDS)
        small = threads.submit(bert.encode, ["Hello World"])
        small.add_done_callback(lambda _: answered.set())
    assert small.result().shape == (1, bert.dimensions)
    assert large.result().shape == (len(TEXTS), bert.dimensions)
    assert computed[1] == 1 < computed[2]


def test_batches_are_smaller_while_another_visitor_is_there_and_their_vectors_the_same(bert, monkeypatch, sizes):
    monkeypatch.setattr("core.jobs.turns.SECONDS_PRESENT", 60.0)
    monkeypatch.setattr(local, "SHARED_WINDOW", 5)
    with visitors.serving("one"):
        alone = bert.encode(TEXTS)
    monkeypatch.setattr(bert, "_owner", Worker("bert"))
    with visitors.serving("another"):
        bert.encode(TEXTS[:1])
    sizes.clear()
    with visitors.serving("one"):
        beside = bert.encode(TEXTS)
    assert max(sizes) <= 5 < len(TEXTS)
    np.testing.assert_allclose(beside, alone, rtol=0, atol=1e-6)


def test_the_next_window_is_tokenised_while_the_last_is_computed(bert, small_batches, monkeypatch):
    tokenised, both = [], threading.Event()
    features, compute = LocalEncoder._features, LocalEncoder._compute

    def tokenise(self, texts, kind):
        tokenised.append(len(texts))
        if len(tokenised) == 2:
            both.set()
        return features(self, texts, kind)

    def wait(self, *batch):
        assert both.wait(SECONDS), "the second window waits for the first to be computed"
        return compute(self, *batch)

    monkeypatch.setattr(LocalEncoder, "_features", tokenise)
    monkeypatch.setattr(LocalEncoder, "_compute", wait)
    bert.encode(TEXTS)
    assert tokenised == [10, 10, 10, 10]


def test_no_more_than_one_window_is_tokenised_ahead(bert, small_batches, monkeypatch):
    tokenised: list[str] = []
    computed: list[int] = []
    ahead = []
    features, compute = LocalEncoder._features, LocalEncoder._compute

    def tokenise(self, texts, kind):
        tokenised.extend(texts)
        return features(self, texts, kind)

    def note(self, window, batch):
        ahead.append(len(tokenised) - len(computed))
        computed.extend(batch)
        return compute(self, window, batch)

    monkeypatch.setattr(LocalEncoder, "_features", tokenise)
    monkeypatch.setattr(LocalEncoder, "_compute", note)
    bert.encode(TEXTS)
    assert len(computed) == len(TEXTS)
    assert max(ahead) <= 2 * local.WINDOW


def test_one_thread_computes_for_all(bert, small_batches, monkeypatch):
    owners, compute = set(), LocalEncoder._compute

    def note(self, *batch):
        owners.add(threading.get_ident())
        return compute(self, *batch)

    monkeypatch.setattr(LocalEncoder, "_compute", note)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(bert.encode, [TEXTS] * 8))
    assert len(owners) == 1
    for found in results[1:]:
        np.testing.assert_allclose(found, results[0], rtol=0, atol=1e-6)


def test_its_memory_is_that_of_its_weights(minilm, wordllama):
    minilm_numbers = 22_713_216  # with the pooler, which no vector passes through
    assert minilm.memory_bytes == 4 * minilm_numbers
    assert wordllama.memory_bytes == 4 * 32_000 * 256


@pytest.mark.parametrize("dimensions", [0, -1, 33])
def test_more_dimensions_than_it_has_are_refused(models_directory, dimensions):
    with pytest.raises(InputError, match="32 dimensions: choose 1 to 32"):
        encoders.load(models.get("folder:bert"), device="cpu", engine="torch", dimensions=dimensions)


@pytest.mark.parametrize("wish", [{"engine": "openvino"}, {"precision": "bfloat16"}], ids=["engine", "precision"])
def test_a_static_model_of_the_models_directory_runs_as_it_is_only(tmp_path, monkeypatch, wish):
    table = StaticEmbedding(Tokenizer(WordLevel({"[UNK]": 0, "hello": 1}, "[UNK]")), embedding_dim=8)
    SentenceTransformer(modules=[table]).save(str(tmp_path / "table"))
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    found = encoders.load(models.get("folder:table"), device="cpu")
    assert (found.engine, found.precision, found.reason) == ("static", "float32", "")
    with pytest.raises(DeviceError, match="folder:table is a table of float32 vectors"):
        encoders.load(models.get("folder:table"), device="cpu", **wish)


def test_a_network_of_the_models_directory_does_not_run_as_a_static_model(models_directory):
    with pytest.raises(DeviceError, match="folder:bert is a network"):
        encoders.load(models.get("folder:bert"), device="cpu", engine="static")


def test_vectors_that_leave_the_range_of_the_precision_are_refused(bert, monkeypatch):
    usual = bert._model.forward

    def overflow(features, **options):
        found = usual(features, **options)
        found["sentence_embedding"] = found["sentence_embedding"] * float("inf")
        return found

    monkeypatch.setattr(bert._model, "forward", overflow)
    with pytest.raises(DeviceError, match="overflows float32"):
        bert.encode(["Hello World"])


def test_a_model_too_large_to_compare_engines_runs_on_torch_and_says_so(models_directory, monkeypatch):
    monkeypatch.setattr("core.models.memory.budgets", lambda: {"cpu": 1000})
    large = encoders.load(models.get("folder:bert"), device="cpu")
    assert (large.engine, large.precision) == ("torch", "float32")
    assert large.reason == assembly.TOO_LARGE


def test_a_gpu_without_memory_for_the_weights_is_a_sentence(models_directory, monkeypatch):
    def exhaust(*_):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(assembly, "load_model", exhaust)
    with pytest.raises(ModelUnavailableError, match="does not fit in the GPU's free memory"):
        encoders.load(models.get("folder:bert"), device="cpu")


def test_a_folders_revision_changes_with_its_tokenizer(models_directory, tmp_path, monkeypatch):
    shutil.copytree(models_directory / "bert", tmp_path / "bert")
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    before = encoders.load(models.get("folder:bert"), engine="torch", precision="float32").revision
    with (tmp_path / "bert" / "tokenizer.json").open("a") as file:
        file.write(" ")
    assert encoders.load(models.get("folder:bert"), engine="torch", precision="float32").revision != before
