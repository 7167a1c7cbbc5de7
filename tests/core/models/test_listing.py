"""The leaderboard's models as models to pick: known by their id, in one colour, and timed by their architecture."""

import json
import re
from dataclasses import replace

import pytest

from core import leaderboard, models
from core.charts.style import model_colour
from core.encoders.random_weights import outline
from core.leaderboard import snapshot
from core.models import listing
from core.models.files import availability
from core.settings import DATA
from tests.conftest import SHARED

NETWORKS = json.loads((DATA / "architectures.json").read_text(encoding="utf-8"))
FACTS = SHARED / "facts" / "mteb"


def test_a_listed_model_is_known_by_its_id_whatever_the_case():
    spec = models.get("baai/BGE-m3")
    assert (spec.id, spec.dimensions, spec.max_tokens, spec.license) == ("BAAI/bge-m3", 1024, 8192, "MIT")
    assert availability(spec).label == "download"
    assert spec in models.listed()


def test_a_listed_model_can_be_shortened_to_the_lengths_that_mteb_knows():
    assert models.get("ibm-granite/granite-embedding-311m-multilingual-r2").matryoshka == (128, 256, 384, 512)
    assert models.get("BAAI/bge-m3").matryoshka == ()


def test_those_of_the_catalogue_are_not_listed_twice():
    names = [spec.name for spec in models.pickable()]
    assert len(names) == len(set(names))
    assert names[: len(models.names())] == list(models.names())
    assert not {"openai/text-embedding-3-small", "sentence-transformers/all-MiniLM-L6-v2"} & set(names)
    assert listing.entry_of(models.get("text-embedding-3-small")) is not None


def test_the_list_is_made_again_only_when_a_model_or_the_leaderboard_has_changed(models_folder, home):
    first = models.listed()
    assert models.listed() is first
    assert models.pickable()[-len(first) :] == first
    folder = models_folder / "own"
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text("[]")
    assert models.pickable() == (*models.all_models(), *first)
    assert "folder:own" in models.names()
    newer = replace(leaderboard.current(), date="2999-01-01", entries=leaderboard.current().entries[:300])
    snapshot.write(newer, home / "leaderboard.json")
    assert len(models.listed()) < len(first)


def test_a_model_without_published_weights_says_so():
    assert "runs only at its maker" in availability(models.get("google/gemini-embedding-001")).sentence


def test_a_colour_depends_on_the_id_alone():
    assert {model_colour(spec.id) for spec in models.listed()} == {model_colour(spec.id) for spec in models.listed()}
    assert len({model_colour(spec.id) for spec in models.listed()}) > 10


@pytest.mark.parametrize("family", NETWORKS["families"])
def test_a_listed_network_has_exactly_the_parameters_of_its_models(family):
    known = {entry.id: entry for entry in leaderboard.current().entries}
    listed = [model for model, of in NETWORKS["models"].items() if of == family]
    parameters = sum(weights.numel() for weights in outline(models.get(listed[0])).parameters())
    assert {known[model].parameters for model in listed} == {parameters}
    assert re.match("https://(arxiv.org|huggingface.co)/", NETWORKS["families"][family]["source"])


@pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the project")
def test_a_listed_network_has_the_table_of_token_vectors_of_its_models():
    lines = "".join((FACTS / f"{name}.jsonl").read_text(encoding="utf-8") for name in ("leaderboard", "partial"))
    rows = {row["id"]: row for row in map(json.loads, lines.splitlines())}
    for model, family in NETWORKS["models"].items():
        network = NETWORKS["families"][family]["architecture"]
        width = network.get("hidden_size") or network["dim"]
        assert rows[model]["embed_dim"] == width
        assert rows[model]["n_embedding_parameters"] in (None, network["vocab_size"] * width)
    assert len(NETWORKS["models"]) >= 40
