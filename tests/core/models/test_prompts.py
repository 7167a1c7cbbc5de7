"""The prompts that a model comes with: those of its files, wherever it is from, and those of its family."""

import json
from dataclasses import replace

import pytest

from core import models
from core.models import layout
from core.models.families import family_of
from core.models.pins import spec_of_id

QUERY, PASSAGE = "query: ", "passage: "


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"prompts": {"query": QUERY, "document": PASSAGE}}, (QUERY, PASSAGE)),
        ({"prompts": {"query": QUERY, "passage": PASSAGE}}, (QUERY, PASSAGE)),
        ({"prompts": {"query": QUERY, "document": "", "corpus": PASSAGE}}, (QUERY, PASSAGE)),
        ({"prompts": {"query": QUERY}, "default_prompt_name": "query"}, (QUERY, "")),
        ({"prompts": {"s2s": "similar: "}, "default_prompt_name": "s2s"}, ("similar: ", "similar: ")),
        ({"prompts": {"query": None, "document": 3}}, ("", "")),
        ({"prompts": ["query"], "default_prompt_name": 0}, ("", "")),
        ({}, ("", "")),
    ],
)
def test_prompts_are_read_by_the_names_that_sentence_transformers_looks_for(tmp_path, settings, expected):
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(settings))
    assert layout.prompts(tmp_path) == expected


def test_a_model_of_the_folder_has_the_prompts_of_its_files(tmp_path, monkeypatch):
    for name, settings in {"plain": {}, "prompted": {"prompts": {"query": QUERY, "document": PASSAGE}}}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "modules.json").write_text("[]")
        (tmp_path / name / "config_sentence_transformers.json").write_text(json.dumps(settings))
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    assert [models.get("folder:prompted").prompt(kind) for kind in ("query", "document")] == [QUERY, PASSAGE]
    assert [models.get("folder:plain").prompt(kind) for kind in ("query", "document")] == ["", ""]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("cosine", "cosine"),
        ("dot", "dot"),
        ("dot_product", "dot"),
        ("euclidean", "euclidean"),
        ("manhattan", "manhattan"),
        ("maxsim", "cosine"),
        (None, "cosine"),
    ],
)
def test_a_model_is_compared_by_the_function_that_its_files_name(tmp_path, monkeypatch, asked, expected):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "modules.json").write_text("[]")
    (tmp_path / "mine" / "config_sentence_transformers.json").write_text(json.dumps({"similarity_fn_name": asked}))
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))
    assert models.get("folder:mine").similarity == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/e5-small-v2", (QUERY, PASSAGE)),
        ("intfloat/multilingual-e5-large", (QUERY, PASSAGE)),
        ("nomic-ai/nomic-embed-text-v1.5", ("search_query: ", "search_document: ")),
        ("mixedbread-ai/mxbai-embed-large-v1", ("Represent this sentence for searching relevant passages: ", "")),
        ("sentence-transformers/all-MiniLM-L12-v2", None),
        ("intfloat/e5-small-v2-finetuned", None),
    ],
)
def test_a_family_offers_the_prompts_of_its_cards(name, expected):
    family = family_of(spec_of_id(name))
    assert (family and (family.query, family.document)) == expected


def test_a_model_that_has_prompts_is_offered_none():
    assert family_of(replace(spec_of_id("intfloat/e5-small-v2"), query_prompt="question: ")) is None


@pytest.mark.parametrize("name", models.names())
def test_a_familys_prompts_are_those_of_the_catalogue(name):
    spec = models.get(name)
    family = family_of(replace(spec, query_prompt="", document_prompt=""))
    if family:
        assert (family.query, family.document) == (spec.query_prompt, spec.document_prompt)
        assert family.source


def test_given_prompts_replace_a_models_own_and_empty_ones_clear_them():
    spec = models.get("bge-small-en-v1.5")
    assert spec.with_prompts(None, None) == spec
    assert spec.with_prompts("", None).query_prompt == ""
    assert spec.with_prompts(None, PASSAGE) == replace(spec, document_prompt=PASSAGE)
