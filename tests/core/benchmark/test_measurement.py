"""The child's side: phases that are kept apart, texts of a wanted length, and times that agree with timeit's."""

import statistics
import timeit
from dataclasses import replace

import numpy as np
import psutil
import pytest
import torch
from sentence_transformers import SentenceTransformer

from core import encoders, models
from core.benchmark import HELLO, Settings, Subject, Workload, measurement, sampling
from core.benchmark.measurement import measure, text_of
from core.benchmark.sampling import clock, sample
from core.encoders.choice import probe
from core.errors import DeviceError, InputError
from core.models.files import locate
from core.progress import silent
from tests.core.encoders.test_encoders import BY_HAND

pytestmark = pytest.mark.usefixtures("one_thread")

MINILM = models.get("all-MiniLM-L6-v2")
SUBJECT = Subject("wordllama-256", precision="float32")
SETTINGS = Settings(least_seconds=1e-6, patience_seconds=0)
ROUNDS, CALLS, ATTEMPTS = 31, 8, 3


class Timeable:
    """Counts what it is asked to compute; a token for each word, and two special ones."""

    revision = "a revision"
    engine = "torch"
    precision = "float32"
    max_tokens: int | None = 16

    def __init__(self, device="cpu"):
        self.device = device
        self.happened: list[str] = []
        self.given: set[tuple[str, ...]] = set()

    def encode(self, texts):
        self.happened.append("encode")
        self.given.add(tuple(texts))

    def prepare_forward(self, texts):
        self.happened.append("prepare")
        self.given.add(tuple(texts))
        return lambda: self.happened.append("forward")

    def count_tokens(self, texts):
        return [len(text.split()) + 2 for text in texts]


@pytest.fixture
def timeable(monkeypatch):
    """What is timed in the place of any model; with slices of one call."""
    timeable = Timeable()

    def make_ready(spec, subject, on_progress):
        timeable.happened.append(f"load {spec.name}")
        return timeable

    monkeypatch.setattr(measurement, "_make_ready", make_ready)
    monkeypatch.setattr(measurement, "_made", {})
    monkeypatch.setattr(sampling, "SLICE_SECONDS", 0)
    return timeable


def library(name=MINILM.name):
    from core.benchmark.library import Library

    return Library(models.get(name), "cpu")


def measured(subject=SUBJECT, workload=Workload(), settings=SETTINGS, on_progress=silent):  # noqa: B008  frozen
    return measure(subject=subject, workload=workload, settings=settings, on_progress=on_progress)


def test_load_first_call_warm_up_and_samples_are_kept_apart(timeable):
    row = measured()
    encoded = 1 + 10 + row.samples + row.left_out
    forwards = 10 + row.forward.samples + row.forward.left_out
    assert timeable.happened == ["load wordllama-256", *["encode"] * encoded, "prepare", *["forward"] * forwards]
    assert row.warm_up_calls == 10
    assert row.samples >= 30
    assert row.forward.samples >= 30


def test_warm_up_and_samples_are_as_many_as_set(timeable):
    row = measured(settings=replace(SETTINGS, warm_up_calls=25, least_samples=120))
    assert row.warm_up_calls == 25
    assert row.samples >= 120
    assert row.p99_ms >= row.p95_ms
    assert timeable.happened.count("encode") == 1 + 25 + row.samples + row.left_out


def test_without_the_forward_pass_only_whole_calls_are_made(timeable):
    row = measured(settings=replace(SETTINGS, with_forward=False))
    assert row.forward is None
    assert set(timeable.happened) == {"load wordllama-256", "encode"}


def test_a_subject_is_made_ready_once_for_all_its_workloads(timeable):
    first, second = measured(), measured(workload=Workload(4))
    assert timeable.happened.count("load wordllama-256") == 1
    assert first.load_seconds == second.load_seconds > 0
    assert (first.batch_size, second.batch_size) == (1, 4)


def test_each_call_is_given_the_text_as_often_as_the_batch_is_large(timeable):
    row = measured(workload=Workload(3, "Three words here"))
    assert timeable.given == {("Three words here",) * 3}
    assert (row.text, row.tokens, row.batch_size) == ("Three words here", 5, 3)


def test_a_workload_in_tokens_is_given_a_text_that_has_as_many(timeable):
    row = measured(workload=Workload(2, HELLO, 16))
    assert timeable.given == {("data " * 14,) * 2}
    assert (row.text, row.tokens, row.batch_size) == ("", 16, 2)


def test_longer_texts_than_the_model_takes_are_refused_and_not_cut(timeable):
    with pytest.raises(InputError, match="at most 16 tokens"):
        measured(workload=Workload(1, "", 17))
    assert timeable.given == set()


def test_of_a_text_that_is_cut_as_many_tokens_are_told_as_are_computed(timeable):
    assert measured(workload=Workload(1, "word " * 100)).tokens == 16
    timeable.max_tokens = None
    assert measured(workload=Workload(1, "word " * 100)).tokens == 102


def test_a_timing_tells_what_was_asked_for_and_what_was_taken(timeable):
    row = measured(Subject("wordllama-256", "auto", "auto", "bfloat16"))
    assert (row.asked_engine, row.asked_precision) == ("auto", "bfloat16")
    assert (row.model, row.device, row.engine, row.precision) == ("wordllama-256", "cpu", "torch", "float32")
    assert (row.revision, row.weights) == ("a revision", "own")


@pytest.mark.parametrize(("engine", "prompt"), [("auto", "passage: "), ("library", "")])
def test_a_timing_has_the_prompt_that_stands_before_its_texts(timeable, monkeypatch, engine, prompt):
    spec = models.get(SUBJECT.model).with_prompts(None, "passage: ")
    monkeypatch.setattr(measurement, "get", lambda _: spec)
    assert measured(subject=replace(SUBJECT, engine=engine)).document_prompt == prompt


def test_each_phase_says_what_it_does_on_which_device(timeable):
    heard = []
    measured(on_progress=lambda what, done, total: heard.append(what))
    assert list(dict.fromkeys(heard)) == [
        "Loading wordllama-256 on cpu",
        "Warming up wordllama-256 on cpu",
        "Warming up the forward pass of wordllama-256 on cpu",
    ]


def test_progress_counts_samples_and_neither_loading_nor_warming_up(timeable, monkeypatch):
    monkeypatch.setattr("core.benchmark.sampling.REPORT_EVERY_SECONDS", 0.0)
    heard = []
    measured(on_progress=lambda *progress: heard.append(progress))
    counted = {what for what, done, _ in heard if done}
    assert counted == {"Timing wordllama-256 on cpu", "Timing the forward pass of wordllama-256 on cpu"}


def test_on_a_gpu_each_whole_call_is_waited_for_and_its_memory_told(timeable, monkeypatch):
    timeable.device = "cuda"
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: timeable.happened.append("wait"))
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda: 300)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 500)
    row = measured(replace(SUBJECT, device="cuda"), settings=replace(SETTINGS, with_forward=False))
    calls = 1 + 10 + row.samples + row.left_out
    assert timeable.happened[1:] == ["wait", "encode", "wait"] * calls
    assert (row.gpu_allocated_bytes, row.gpu_reserved_bytes, row.memory_bytes) == (300, 500, 500)


def test_on_the_cpu_no_memory_of_a_gpu_is_told(timeable):
    row = measured()
    assert (row.gpu_allocated_bytes, row.gpu_reserved_bytes) == (None, None)


def test_memory_is_the_largest_that_was_held_while_timing(timeable, monkeypatch):
    usual = timeable.encode
    monkeypatch.setattr(timeable, "encode", lambda texts: (np.ones(100_000_000, np.uint8), usual(texts)))
    before = psutil.Process().memory_info().rss
    assert measured().peak_memory_bytes >= before + 90_000_000


def test_what_was_held_before_is_no_part_of_the_memory(timeable):
    held = np.ones(300_000_000, np.uint8)
    most = psutil.Process().memory_info().rss
    del held
    assert measured().peak_memory_bytes < most - 200_000_000


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_threads_are_as_many_as_set_or_as_torch_takes(timeable, two_threads):
    assert measured().threads == 2
    assert measured(settings=replace(SETTINGS, threads=1)).threads == 1
    assert torch.get_num_threads() == 1


def test_a_model_behind_an_api_is_not_measured(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    with pytest.raises(DeviceError, match="text-embedding-3-small runs behind an API"):
        measured(Subject("text-embedding-3-small"))


@pytest.mark.parametrize("tokens", [3, 8, 32, 128, 256])
def test_a_text_of_so_many_tokens_has_so_many_by_the_models_own_tokenizer(minilm, tokens):
    tokenizer = BY_HAND[MINILM.name]().tokenizer
    assert len(tokenizer(text_of(minilm, tokens))["input_ids"]) == tokens


@pytest.mark.parametrize("tokens", [2, 8, 512])
def test_a_text_of_so_many_tokens_has_so_many_by_a_tables_own_tokenizer(wordllama, tokens):
    tokenizer = BY_HAND["wordllama-256"]().tokenizer
    assert len(tokenizer.encode(text_of(wordllama, tokens), add_special_tokens=False).ids) == tokens


def test_a_text_is_never_empty_however_few_tokens_are_wanted(minilm):
    assert text_of(minilm, 1).strip()


def test_the_cosine_is_the_smallest_to_the_library_in_float32(monkeypatch, bfloat16_cpu):
    texts = probe()
    monkeypatch.setattr(measurement, "_made", {})
    subject = Subject(MINILM.name, engine="openvino", precision="bfloat16")
    row = measured(subject, settings=replace(SETTINGS, with_cosine=True, with_forward=False))
    expected = BY_HAND[MINILM.name]().encode(texts, normalize_embeddings=True)
    found = encoders.load(MINILM, device="cpu", engine="openvino", precision="bfloat16").encode(texts)
    assert row.cosine == pytest.approx(np.sum(found * expected, axis=1).min(), abs=1e-5)
    assert 0.99 < row.cosine < 1


def test_no_cosine_is_told_where_it_was_not_asked_for_or_there_is_none_to_tell(timeable):
    reference = Subject(MINILM.name, engine="torch", precision="float32")
    assert measured(reference).cosine is None
    assert measured(reference, settings=replace(SETTINGS, with_cosine=True)).cosine is None
    assert measured(SUBJECT, settings=replace(SETTINGS, with_cosine=True)).cosine is None


def ratio_to_timeit(ready, by_hand):
    """Our median by that of timeit, in short rounds that alternate: what disturbs the machine disturbs both alike."""
    once = clock(lambda: ready.encode([HELLO]), "cpu")
    settings = Settings(least_samples=CALLS, least_seconds=0.001, patience_seconds=0)
    ratios = []
    for _ in range(ROUNDS):
        ours = sample(once, settings, "Timing", silent).median_ms
        theirs = 1000 * statistics.median(timeit.repeat(lambda: by_hand.encode([HELLO]), number=1, repeat=CALLS))
        ratios.append(ours / theirs)
    return statistics.median(ratios)


@pytest.fixture
def afresh(monkeypatch):
    """A process in which no subject has been made ready."""
    monkeypatch.setattr(measurement, "_made", {})
    monkeypatch.setattr(sampling, "SLICE_SECONDS", 0)


@pytest.mark.parametrize(
    ("model", "engine"),
    [("bge-small-en-v1.5", "torch"), ("bge-small-en-v1.5", "library"), ("potion-base-8M", "library")],
)
def test_random_weights_are_timed_in_the_place_of_a_models_own(afresh, model, engine):
    row = measured(Subject(model, "cpu", engine, "float32", "random"), Workload(2, "", 8))
    assert (row.model, row.engine, row.precision, row.weights) == (model, engine, "float32", "random")
    assert row.revision == "random weights"
    assert row.median_ms > 0
    assert row.forward.median_ms > 0
    assert (row.batch_size, row.tokens) == (2, 8)


@pytest.mark.parametrize("name", BY_HAND)
def test_the_library_computes_as_it_does_for_whoever_calls_it(name):
    ready, by_hand = library(name), BY_HAND[name]()
    np.testing.assert_allclose(ready.encode(probe()), by_hand.encode(probe()), rtol=0, atol=1e-6)
    forward = ready.prepare_forward(probe())()["sentence_embedding"]
    np.testing.assert_allclose(forward.numpy(), by_hand.encode(probe(), batch_size=len(probe())), rtol=0, atol=1e-6)
    assert (ready.engine, ready.precision, ready.device) == ("library", "float32", "cpu")


@pytest.mark.parametrize("fixture", ["minilm", "wordllama"])
def test_the_library_has_the_revision_the_limit_and_the_tokens_of_the_encoder(request, fixture):
    encoder = request.getfixturevalue(fixture)
    ready = library(encoder.spec.name)
    assert ready.revision == encoder.revision
    assert ready.max_tokens == encoder.max_tokens
    assert ready.count_tokens(probe()) == encoder.count_tokens(probe())


@pytest.mark.parametrize("engine", ["auto", "library"])
@pytest.mark.parametrize("weights", ["own", "random"])
def test_a_device_that_there_is_none_of_is_refused_and_not_taken_for_another(afresh, engine, weights):
    with pytest.raises(DeviceError, match="tpu"):
        measured(Subject("wordllama-256", "tpu", engine, "auto", weights))


def test_the_library_in_another_precision_is_refused_and_not_taken_for_float32(afresh):
    with pytest.raises(DeviceError, match="bfloat16"):
        measured(Subject(MINILM.name, "cpu", "library", "bfloat16"))


READY = {
    "torch": lambda: encoders.load(MINILM, device="cpu", engine="torch", precision="float32"),
    "library": library,
}


@pytest.mark.alone
@pytest.mark.parametrize("make_ready", READY.values(), ids=READY)
def test_the_median_agrees_with_timeit_of_the_library_within_ten_percent(afresh, make_ready):
    ready = make_ready()
    by_hand = SentenceTransformer(str(locate(MINILM)), device="cpu")
    ratios: list[float] = []
    while len(ratios) < ATTEMPTS and not any(0.9 < ratio < 1.1 for ratio in ratios):
        ratios.append(ratio_to_timeit(ready, by_hand))
    assert any(0.9 < ratio < 1.1 for ratio in ratios), ratios
