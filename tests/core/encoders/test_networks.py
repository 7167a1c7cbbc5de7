"""Converted networks on disk: read at the next start, converted again where the file is not whole."""

import numpy as np
import pytest

from core import encoders, models
from core.encoders import networks
from core.encoders.runtime import openvino

TEXTS = ["Hello World", "Two texts, of unlike length"]

pytestmark = pytest.mark.usefixtures("models_directory", "one_thread", "home")


@pytest.fixture
def traced(monkeypatch):
    """How often a network is traced."""
    usual, times = openvino.convert_model, []

    def count(*arguments, **options):
        times.append(1)
        return usual(*arguments, **options)

    monkeypatch.setattr(openvino, "convert_model", count)
    return times


def encode():
    return encoders.load(models.get("folder:bert"), device="cpu", engine="openvino", precision="float32").encode(TEXTS)


def only_file(home):
    (path,) = (home / "networks").iterdir()
    return path


def test_a_network_is_traced_once_and_then_read(traced):
    first, second = encode(), encode()
    assert len(traced) == 1
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("damage", [lambda whole: whole[:-1], lambda whole: whole[:9], lambda whole: b"x" + whole[1:]])
def test_a_torn_or_damaged_file_is_refused_and_written_again(traced, home, caplog, damage):
    expected, path = encode(), only_file(home)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    np.testing.assert_array_equal(encode(), expected)
    assert len(traced) == 2
    assert "is damaged" in caplog.text
    encode()
    assert len(traced) == 2


def test_of_other_files_or_with_other_libraries_it_is_another_network(traced, monkeypatch):
    encode()
    with monkeypatch.context() as patch:
        patch.setattr("core.models.revisions.of", lambda *_: "another revision")
        encode()
    assert len(traced) == 2
    monkeypatch.setattr(networks, "version", lambda name: "another version")
    encode()
    assert len(traced) == 3


def test_old_networks_go(home, monkeypatch):
    encode()
    path = only_file(home)
    monkeypatch.setattr(networks, "MOST_BYTES", path.stat().st_size)
    monkeypatch.setattr("core.models.revisions.of", lambda *_: "another revision")
    encode()
    assert only_file(home) != path


def test_a_network_too_large_for_the_disk_is_traced_at_each_start(home, traced, monkeypatch):
    monkeypatch.setattr(networks, "LARGEST_BYTES", 1)
    encode(), encode()
    assert len(traced) == 2
    assert not (home / "networks").exists()


def test_random_weights_are_not_stored(home):
    from core.encoders.random_weights import RandomWeights

    RandomWeights(models.get("all-MiniLM-L6-v2"), engine="openvino", precision="float32")
    assert not (home / "networks").exists()
