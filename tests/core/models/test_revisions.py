"""Which content a model's name stands for: a commit, or a digest of the files that a folder holds now."""

import hashlib
import os
from pathlib import Path

import pytest

from core import models
from core.models import ModelSpec, revisions

FILES = {"modules.json": b"[]", "model.safetensors": b"weights", "0_Pooling/config.json": b"{}", "README.md": b"any"}


@pytest.fixture
def folder(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the host's, with the files of a model."""
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path / "models"))
    for name, content in FILES.items():
        path = tmp_path / "models" / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "models" / "mine"


@pytest.fixture
def spec(folder: Path) -> ModelSpec:
    return models.get("folder:mine")


def test_a_folders_revision_is_a_sha256_of_its_weights_and_settings_by_name(spec: ModelSpec, folder: Path) -> None:
    content = hashlib.sha256()
    for name in ("0_Pooling/config.json", "model.safetensors", "modules.json"):
        content.update(name.encode() + hashlib.sha256(FILES[name]).digest())
    assert revisions.of(spec, folder) == f"sha256:{content.hexdigest()[:12]}"


def test_what_was_read_once_is_known_until_a_file_changes(spec: ModelSpec, folder: Path) -> None:
    assert revisions.look_up(spec) is None
    first = revisions.of(spec, folder)
    assert revisions.look_up(spec) == first
    (folder / "README.md").write_bytes(b"another description")
    assert revisions.look_up(spec) == first
    (folder / "model.safetensors").write_bytes(b"Weights")
    os.utime(folder / "model.safetensors", ns=(1, 1))
    assert revisions.look_up(spec) is None
    assert revisions.of(spec, folder) != first


def test_weights_are_not_read_twice(spec: ModelSpec, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = revisions.of(spec, folder)
    monkeypatch.setattr("core.storage.digests.of_file", lambda _: pytest.fail("a file was read again"))
    assert revisions.of(spec, folder) == first


def test_where_nothing_can_be_kept_the_revision_is_read_each_time(
    spec: ModelSpec, folder: Path, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home.write_text("a file where the folder should be")
    assert revisions.of(spec, folder) == revisions.of(spec, folder)
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "bge-small-en-v1.5"])
def test_models_of_the_hub_have_their_commit_and_no_stamp(name: str, home: Path) -> None:
    spec = models.get(name)
    assert revisions.look_up(spec) == spec.revision
    assert revisions.stamp(spec) == ""


def test_openais_models_are_told_apart_by_the_address_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = models.get("text-embedding-3-small")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://one.example/v1")
    one = revisions.stamp(spec)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://two.example/v1")
    assert revisions.stamp(spec) != one
