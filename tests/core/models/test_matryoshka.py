"""The lengths to which a model's authors say its vectors can be shortened, wherever the model is from."""

import json

import pytest

from core import models
from core.models import layout
from core.models.dialects import DIALECTS


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("wordllama-256", (64, 128)),
        ("Qwen3-Embedding-0.6B", (32, 64, 128, 256, 512)),
        ("text-embedding-3-small", (32, 64, 128, 256, 512, 1024)),
        ("all-MiniLM-L6-v2", ()),
        ("text-embedding-ada-002", ()),
    ],
)
def test_a_model_of_the_catalogue_offers_the_lengths_of_its_card(name, lengths):
    assert models.get(name).matryoshka == lengths


@pytest.mark.parametrize(
    ("stated", "lengths"), [([256, 64], (64, 256)), (None, ()), ("any", ()), ([64, "128", True, 0], (64,))]
)
def test_the_files_of_a_model_may_list_them(tmp_path, monkeypatch, stated, lengths):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "modules.json").write_text("[]")
    (tmp_path / "mine" / "config.json").write_text(json.dumps({"matryoshka_dimensions": stated}))
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    assert layout.matryoshka(tmp_path / "mine") == models.get("folder:mine").matryoshka == lengths


@pytest.mark.parametrize(
    ("dialect", "model", "lengths"),
    [
        ("voyage", "voyage-3.5-lite", (256, 512)),
        ("voyage", "voyage-2", ()),
        ("gemini", "gemini-embedding-001", (768, 1536)),
        ("openai", "bge-m3", ()),
    ],
)
def test_a_provider_names_them_for_each_of_its_models(dialect, model, lengths):
    assert DIALECTS[dialect].lengths_of(model) == lengths


def test_a_models_files_are_parsed_once_for_each_state_of_them(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    (folder / "config.json").write_text('{"matryoshka_dimensions": [64, 128]}')
    assert models.get("folder:mine").matryoshka == (64, 128)
    with monkeypatch.context() as patch:
        patch.setattr("core.models.layout.json.loads", lambda _: pytest.fail("parsed again"))
        assert models.get("folder:mine").matryoshka == (64, 128)
    (folder / "config.json").write_text('{"matryoshka_dimensions": [32]}')
    assert models.get("folder:mine").matryoshka == (32,)
