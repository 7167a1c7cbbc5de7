"""Which engine and precision are taken, with engines of scripted speed and faithfulness on a clock of their own."""

import json
import logging
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from core.encoders import choice
from core.errors import DeviceError
from core.machine import this_machine

TORCH = ("torch", "float32")
EXACT = ("openvino", "float32")
ROUGH = ("openvino", "bfloat16")
ALL = (TORCH, EXACT, ROUGH)
IDENTITY = ("owner/model", "revision 1", "cpu")


class Engines:
    """Engines whose networks take scripted seconds, and stay within a scripted cosine of float32 on one probe text."""

    def __init__(self, seconds=(4.0, 2.0, 1.0), cosines=(1.0, 1.0, 0.9999), broken=()):
        self.seconds = dict(zip(ALL, seconds, strict=True))
        self.cosines = dict(zip(ALL, cosines, strict=True))
        self.broken = broken
        self.built = []
        self.encoded = []
        self.now = 0.0

    def build(self, engine, precision):
        self.built.append((engine, precision))
        if (engine, precision) in self.broken:
            raise DeviceError(f"{engine} cannot take this model.")
        return engine, precision

    def encode(self, network, texts):
        self.encoded.append(network)
        self.now += self.seconds[network]
        rows = np.tile([1.0, 0.0], (len(texts), 1))
        rows[-1] = self.cosines[network], np.sqrt(1 - self.cosines[network] ** 2)
        return rows.astype(np.float32)

    def choose(self, identity=IDENTITY, open_ones=ALL, **options):
        clock = SimpleNamespace(perf_counter=lambda: self.now, monotonic_ns=time.monotonic_ns)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(choice, "time", clock)
            return choice.choose(identity, open_ones, self.build, self.encode, **options)


class CancelledError(Exception):
    pass


@pytest.fixture(autouse=True)
def bfloat16(monkeypatch):
    """A CPU that computes in bfloat16, whichever this one is."""
    monkeypatch.setattr("core.encoders.runtime.computes_bfloat16", lambda: True)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path))
    return tmp_path


def taken(chosen):
    return chosen.engine, chosen.precision


def remembered_file(home):
    (path,) = (home / "engines").iterdir()
    return path


@pytest.mark.parametrize(
    ("seconds", "fastest"),
    [((4, 2, 1), ROUGH), ((4, 1, 2), EXACT), ((1, 2, 4), TORCH)],
    ids=["rough", "exact", "torch"],
)
def test_the_fastest_is_taken(seconds, fastest):
    chosen, network = Engines(seconds).choose()
    assert taken(chosen) == network == fastest


def test_it_says_how_much_faster_and_how_close():
    chosen, _ = Engines(seconds=(5, 2, 1), cosines=(1, 1, 0.9991)).choose()
    assert chosen.speedup == pytest.approx(5)
    assert chosen.cosine == pytest.approx(0.9991, abs=1e-6)
    assert chosen.reason == "5.0 times as fast as torch in float32, at cosine 0.99910"


@pytest.mark.parametrize(("cosine", "expected"), [(0.9991, ROUGH), (0.9989, EXACT), (-1, EXACT), (np.nan, EXACT)])
def test_one_probe_text_that_strays_from_float32_is_enough_to_be_refused(cosine, expected):
    chosen, _ = Engines(cosines=(1, 1, cosine)).choose()
    assert taken(chosen) == expected


def test_where_no_other_is_faithful_torch_in_float32_is_taken():
    chosen, network = Engines(cosines=(1, 0.5, 0.9)).choose()
    assert taken(chosen) == network == TORCH
    assert chosen.speedup == pytest.approx(1)
    assert chosen.reason == "the fastest on this machine within cosine 0.999 of float32"


@pytest.mark.parametrize("slow", [0, 1, 2])
def test_one_slow_round_does_not_decide(slow):
    class Disturbed(Engines):
        def encode(self, network, texts):
            self.now += 100 if self.encoded.count(network) == slow and network == ROUGH else 0
            return super().encode(network, texts)

    chosen, _ = Disturbed().choose()
    assert taken(chosen) == ROUGH


class Scripted(Engines):
    """Engines whose seconds are scripted round by round; the first warms up."""

    def __init__(self, **seconds):
        super().__init__()
        self.rounds = {TORCH: seconds["torch"], EXACT: seconds["exact"], ROUGH: seconds["rough"]}

    def encode(self, network, texts):
        self.seconds[network] = self.rounds[network][self.encoded.count(network)]
        return super().encode(network, texts)


STEADY = (2.0,) * 9
UNSTEADY = (1.97, 2.1, 1.97, 2.1, 2.1, 1.97, 2.1, 2.1, 2.1)  # less than torch in two parts of the rounds, else more


def test_within_the_noise_of_the_rounds_the_most_exact_is_taken_and_that_is_said():
    chosen, _ = Scripted(torch=STEADY, exact=UNSTEADY, rough=(3.0,) * 9).choose()
    assert taken(chosen) == TORCH
    assert chosen.reason == "no other engine is clearly faster on this machine within cosine 0.999 of float32"
    chosen, _ = Scripted(torch=(4.0,) * 9, exact=STEADY, rough=UNSTEADY).choose(("another", "model"))
    assert (taken(chosen), chosen.speedup) == (EXACT, pytest.approx(2))
    assert chosen.reason == "2.0 times as fast as torch in float32, at cosine 1.00000"


def test_an_engine_within_the_noise_of_torch_is_about_as_fast():
    chosen, _ = Scripted(torch=STEADY, exact=UNSTEADY, rough=(3.0,) * 9).choose(open_ones=(EXACT, ROUGH))
    assert taken(chosen) == EXACT
    assert chosen.reason == "about as fast as torch in float32, at cosine 1.00000"


def test_a_gain_that_every_part_of_the_rounds_shows_but_that_rounds_to_nothing_is_no_gain_in_words():
    chosen, _ = Scripted(torch=STEADY, exact=(1.93,) * 9, rough=(3.0,) * 9).choose()
    assert (taken(chosen), chosen.speedup) == (EXACT, pytest.approx(2 / 1.93))
    assert chosen.reason == "about as fast as torch in float32, at cosine 1.00000"


class Network(str):
    """A network that says what it executes."""

    precision = "float32"


class Lying(Engines):
    """A CPU on which OpenVINO computes float32 whatever it is asked for."""

    def build(self, engine, precision):
        return Network(engine) if (engine, precision) == ROUGH else super().build(engine, precision)


def test_what_executes_the_same_as_another_is_not_measured_a_second_time():
    engines = Lying(seconds=(4, 2, 1))
    chosen, network = engines.choose()
    assert taken(chosen) == network == EXACT
    assert set(engines.encoded) == {TORCH, EXACT}


def test_a_precision_that_is_asked_for_and_not_executed_is_not_said():
    chosen, _ = Lying().choose(open_ones=(ROUGH,))
    assert taken(chosen) == EXACT
    assert chosen.reason == "bfloat16 was asked for, but openvino computes float32 on this machine"


def test_what_is_hopelessly_slow_twice_is_not_timed_to_the_end():
    engines = Engines(seconds=(2, 1, 30))
    chosen, _ = engines.choose()
    assert taken(chosen) == EXACT
    assert {network: engines.encoded.count(network) for network in ALL} == {TORCH: 9, EXACT: 9, ROUGH: 2}


def test_only_what_the_demand_leaves_open_is_taken():
    chosen, _ = Engines(seconds=(1, 4, 2)).choose(open_ones=(EXACT, ROUGH))
    assert taken(chosen) == ROUGH
    assert chosen.speedup == pytest.approx(0.5)


def test_a_demand_that_no_engine_meets_faithfully_is_computed_by_torch_and_that_is_said():
    chosen, _ = Engines(cosines=(1, 0.5, 0.9)).choose(open_ones=(EXACT, ROUGH))
    assert taken(chosen) == TORCH
    assert chosen.reason == (
        "None of the requested engines stays within cosine 0.999 of float32. Using torch in float32 instead."
    )


def test_what_is_demanded_exactly_is_not_measured():
    engines = Engines(cosines=(1, 1, 0.5))
    chosen, network = engines.choose(open_ones=(ROUGH,))
    assert taken(chosen) == network == ROUGH
    assert (chosen.reason, engines.encoded) == ("", [])


def test_it_is_measured_once_and_remembered():
    first, _ = Engines().choose()
    later = Engines(seconds=(1, 2, 3))
    again, network = later.choose()
    assert again == first
    assert network == ROUGH
    assert (later.built, later.encoded) == ([ROUGH], [])


def test_what_was_measured_can_be_asked_for_without_a_network():
    assert choice.recall(IDENTITY, ALL) is None
    chosen, _ = Engines().choose()
    assert choice.recall(IDENTITY, ALL) == chosen
    assert choice.recall(("another", *IDENTITY[1:]), ALL) is None
    assert choice.recall(IDENTITY, (TORCH, EXACT)) is None


def test_a_remembered_engine_that_is_not_open_does_not_count(home):
    Engines().choose()
    path = remembered_file(home)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["choice"]["precision"] = "float16"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert choice.recall(IDENTITY, ALL) is None


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "another CPU"},
        {"cores": 1024},
        {"gpus": ("Another GPU, 1 MiB, 1.0",)},
        {"versions": {"openvino": "another version"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_on_another_machine_it_is_measured_again(monkeypatch, change):
    Engines().choose()
    other = replace(this_machine(), **change)
    monkeypatch.setattr(choice, "this_machine", lambda: other)
    chosen, _ = Engines(seconds=(1, 2, 3)).choose()
    assert taken(chosen) == TORCH


@pytest.mark.parametrize("place", [0, 1, 2], ids=["model", "revision", "device"])
def test_for_another_model_revision_or_device_it_is_measured_again(place):
    Engines().choose()
    other = list(IDENTITY)
    other[place] = "another"
    chosen, _ = Engines(seconds=(1, 2, 3)).choose(identity=other)
    assert taken(chosen) == TORCH


def test_for_another_demand_it_is_measured_again():
    Engines().choose()
    chosen, _ = Engines().choose(open_ones=(TORCH, EXACT))
    assert taken(chosen) == EXACT


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b'{"choice": {"engine": "open', b"\xff\xfe", b"[]", b"{}", b'{"choice": {"motor": "torch"}}'),
        b'{"model": [], "machine": "", "choice": {"engine": "torch", "precision": "float32", "speedup": "fast"}}',
    ],
    ids=["empty", "torn", "not text", "a list", "nothing chosen", "other fields", "a word for a number"],
)
def test_a_damaged_memory_is_measured_again_with_a_word_in_the_log(home, caplog, content):
    first, _ = Engines().choose()
    path = remembered_file(home)
    path.write_bytes(content)
    engines = Engines()
    again, _ = engines.choose()
    assert again == first
    assert engines.encoded != []
    assert "measuring again" in caplog.text
    assert json.loads(path.read_text(encoding="utf-8"))["choice"]["engine"] == "openvino"


def test_where_nothing_can_be_written_the_choice_is_made_all_the_same(home, caplog):
    (home / "engines").write_text("a file where the folder should be")
    chosen, _ = Engines().choose()
    assert taken(chosen) == ROUGH
    assert "Cannot save" in caplog.text


def test_nothing_but_the_choice_is_left_in_the_folder(home):
    Engines().choose()
    assert remembered_file(home).suffix == ".json"


def test_what_is_remembered_names_the_model_and_the_machine(home):
    Engines().choose()
    content = json.loads(remembered_file(home).read_text(encoding="utf-8"))
    assert content["model"] == list(IDENTITY)
    assert content["machine"] == this_machine().sentence


def test_an_engine_that_cannot_take_the_model_is_left_out_and_said_once():
    chosen, network = Engines(broken=(EXACT, ROUGH)).choose()
    assert taken(chosen) == network == TORCH
    assert chosen.reason.count("openvino cannot take this model.") == 1


def test_an_engine_demanded_that_cannot_take_the_model_leaves_it_to_torch(caplog):
    chosen, network = Engines(broken=(ROUGH,)).choose(open_ones=(ROUGH,))
    assert taken(chosen) == network == TORCH
    assert chosen.reason == "openvino cannot take this model. Using torch in float32 instead."
    assert "openvino cannot take this model." in caplog.text


def test_a_remembered_engine_that_no_longer_takes_the_model_leaves_it_to_torch():
    Engines().choose()
    chosen, network = Engines(broken=(ROUGH,)).choose()
    assert taken(chosen) == network == TORCH
    assert "instead" in chosen.reason


@pytest.mark.parametrize("open_ones", [ALL, (TORCH,)], ids=["measured", "demanded"])
def test_where_torch_itself_fails_there_is_nothing_to_fall_back_to(open_ones):
    with pytest.raises(DeviceError, match="torch cannot take this model"):
        Engines(broken=(TORCH,)).choose(open_ones=open_ones)


def test_who_cancels_the_measuring_leaves_nothing_behind(home):
    def cancel(what, done, total):
        if done == 2:
            raise CancelledError

    with pytest.raises(CancelledError):
        Engines().choose(on_progress=cancel)
    assert not (home / "engines").exists()


def test_the_measuring_tells_its_progress(caplog):
    heard = []
    with caplog.at_level(logging.WARNING):
        Engines().choose(on_progress=lambda *progress: heard.append(progress))
    assert heard == [(choice.MEASURING, done, choice.ROUNDS + 1) for done in range(choice.ROUNDS + 1)]
    assert caplog.text == ""


def test_the_probe_has_short_and_long_texts():
    assert all(" " in text for text in choice.probe())
    lengths = [len(text) for text in choice.probe()]
    assert len(lengths) == 16
    assert max(lengths) > 4 * min(lengths)


@pytest.mark.parametrize(
    ("demand", "open_ones"),
    [
        (("cpu", "auto", "auto"), ALL),
        (("cpu", "openvino", "auto"), (EXACT, ROUGH)),
        (("cpu", "auto", "float32"), (TORCH, EXACT)),
        (("cpu", "openvino", "bfloat16"), (ROUGH,)),
        (("cuda", "auto", "auto"), (TORCH, ("torch", "float16"), ("torch", "bfloat16"))),
        (("cuda", "torch", "float16"), (("torch", "float16"),)),
    ],
    ids=str,
)
def test_a_demand_leaves_candidates_open(demand, open_ones):
    assert choice.candidates(*demand) == open_ones


@pytest.mark.parametrize(
    "demand", [("cuda", "openvino", "auto"), ("cpu", "torch", "bfloat16"), ("cpu", "auto", "float16")], ids=" ".join
)
def test_a_demand_that_no_engine_can_meet_names_those_that_can_be_had(demand):
    with pytest.raises(DeviceError, match=r"not available on .*torch float32, "):
        choice.candidates(*demand)


def test_bfloat16_is_no_candidate_where_the_cpu_would_emulate_it_or_run_float32_instead(monkeypatch):
    monkeypatch.setattr("core.encoders.runtime.computes_bfloat16", lambda: False)
    assert choice.candidates("cpu", "auto", "auto") == (TORCH, EXACT)
    assert choice.candidates("cpu", "openvino", "auto") == (EXACT,)
    with pytest.raises(DeviceError, match="precision bfloat16 is not available on cpu on this machine"):
        choice.candidates("cpu", "auto", "bfloat16")
    assert choice.candidates("cuda", "auto", "bfloat16") == (("torch", "bfloat16"),)


INT8 = ("openvino", "int8")


@pytest.fixture
def vnni(monkeypatch):
    """A CPU with VNNI, whichever this one is."""
    monkeypatch.setattr(choice, "this_machine", lambda: replace(this_machine(), instructions=("AVX2", "VNNI")))


@pytest.mark.usefixtures("vnni")
def test_int8_is_taken_by_hand_only():
    assert choice.engines("cpu") == (*ALL, INT8)
    assert choice.candidates("cpu", "auto", "auto") == ALL
    assert choice.candidates("cpu", "openvino", "auto") == (EXACT, ROUGH)
    assert choice.candidates("cpu", "auto", "int8") == choice.candidates("cpu", "openvino", "int8") == (INT8,)


def test_int8_is_no_candidate_without_instructions_for_it(monkeypatch):
    monkeypatch.setattr(choice, "this_machine", lambda: replace(this_machine(), instructions=("AVX2", "AVX-512")))
    assert choice.engines("cpu") == ALL
    with pytest.raises(DeviceError, match="precision int8 is not available on cpu on this machine"):
        choice.candidates("cpu", "auto", "int8")


@pytest.mark.usefixtures("vnni")
@pytest.mark.parametrize(("seconds", "speed"), [(1.0, "4.0 times"), (8.0, "0.5 times")])
def test_what_int8_gains_and_costs_is_measured_once_and_said(seconds, speed):
    engines = Engines()
    engines.seconds[INT8], engines.cosines[INT8] = seconds, 0.97
    chosen, network = engines.choose(open_ones=(INT8,))
    assert taken(chosen) == network == INT8
    assert chosen.reason == f"{speed} as fast as torch in float32, at cosine 0.97000"
    assert choice.recall(IDENTITY, (INT8,)) == chosen
