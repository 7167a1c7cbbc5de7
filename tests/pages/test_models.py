"""The Models page in-process: what the Hub offers and refuses, by a double of the Hub."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import models
from core.models import ModelSpec
from pages.parts.models import table
from pages.shared import cache, state
from tests.pages.conftest import open_page, said
from tests.servers.hub import HubServer, Repository, let_library_ask, running_hub

GATED = "someone/gated"
TRENDING = ["maker/newest", "other/model-2", "third/model.v3"]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    cache.trending.clear()
    with running_hub() as running:
        let_library_ask(monkeypatch, running.address, tmp_path / "hub")
        facts = {"downloads": 1200, "likes": 34, "lastModified": "2026-01-02T03:04:05Z"}
        running.trending = [facts | {"id": name} for name in TRENDING]
        running.repositories[GATED] = Repository({"modules.json": b"[]"}, refusal=(403, "GatedRepo"))
        yield running
    cache.trending.clear()


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a Hub that is there no more."""
    cache.trending.clear()
    with running_hub() as running:
        let_library_ask(monkeypatch, running.address, tmp_path / "hub")
    return running.address


def download(app: AppTest, model_id: str) -> None:
    app.text_input(key=state.Models.HUB_ID).input(model_id)
    next(button for button in app.main.button if button.label == "Download").click().run()


def only_error(app: AppTest) -> str:
    """The one thing that went wrong, on a page that is whole."""
    assert not app.exception
    assert app.main.expander[-1].label == "Show the code"
    (error,) = app.error
    return error.value.replace("\\", "")


def test_what_is_trending_is_listed_in_the_hubs_order(app: AppTest, hub: HubServer) -> None:
    open_page(app, "models")
    app.button(key=state.Models.SHOW_TRENDING).click().run()
    assert "Copy a model's name into “Hub ID”" in said(app)
    assert list(app.dataframe[-1].value["id"]) == TRENDING


def test_each_refusal_is_one_sentence_and_the_page_goes_on(app: AppTest, hub: HubServer) -> None:
    open_page(app, "models")
    for model_id, sentence in {
        "../../etc/passwd": "'../../etc/passwd' is not a Hub ID: write it as owner/name",
        GATED: f"{GATED} is gated: accept its terms at ",
        "nobody/nothing": "The Hub has no model nobody/nothing that you can access.",
        "wordllama-256": "wordllama-256 does not come from the Hub: there is nothing to download.",
    }.items():
        download(app, model_id)
        assert only_error(app).startswith(sentence)
    app.run()
    assert not app.error


def test_a_hub_that_is_gone_is_one_sentence_and_is_not_asked_again_by_itself(app: AppTest, gone: str) -> None:
    open_page(app, "models")
    app.button(key=state.Models.SHOW_TRENDING).click().run()
    assert only_error(app).startswith(f"The list of trending models needs the Hub, but {gone} cannot be reached")
    app.run()
    assert not app.error
    download(app, "someone/model")
    assert only_error(app).startswith(f"someone/model needs the Hub, but {gone} cannot be reached")
    app.run()
    assert not app.error


def table_of(app: AppTest) -> list[str]:
    """The models of the table, in its order."""
    return list(app.dataframe[0].value["model"])


def test_every_model_of_the_leaderboard_is_in_the_table_and_can_be_picked(app: AppTest) -> None:
    open_page(app, "models")
    assert len(table_of(app)) == len(models.pickable()) > 330
    assert (
        "all-MiniLM-L6-v2 scores 59.03, rank 127 to 146 of 195. wordllama-256 has no MTEB v2 score. ingot-8b-r3 leads "
        in (said(app))
    ), "the picked models come first"
    app.multiselect(key=state.EveryPage.MODELS).set_value(["Snowflake/snowflake-arctic-embed-xs"]).run()
    assert "not on this machine yet" in said(open_page(app, "embed"))


def test_picked_models_are_on_top_and_a_tick_moves_no_row(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = table.show

    def tick(specs: Sequence[ModelSpec]) -> None:
        rows = [row for row, spec in enumerate(specs) if spec.name in ("wordllama-256", "BAAI/bge-m3")]
        st.session_state[state.Models.TABLE] = {"selection": {"rows": rows, "columns": [], "cells": []}}
        table._pick(specs)

    def show(rows: pd.DataFrame, specs: Sequence[ModelSpec], board: str, use: str) -> None:
        usual(rows, specs, board, use)
        st.button("Tick", on_click=tick, args=(specs,))

    monkeypatch.setattr(table, "show", show)
    app.query_params["models"] = ["bge-small-en-v1.5", "wordllama-256"]
    open_page(app, "models")
    before = table_of(app)
    assert set(before[:2]) == {"bge-small-en-v1.5", "wordllama-256"}
    next(button for button in app.main.button if button.label == "Tick").click().run()
    assert set(app.session_state[state.EveryPage.MODELS]) == {"wordllama-256", "BAAI/bge-m3"}
    assert table_of(app) == before
    app.multiselect(key=state.EveryPage.MODELS).set_value(["potion-base-8M"]).run()
    assert table_of(app)[0] == "potion-base-8M"


def test_the_table_has_size_and_price_in_full_words_and_a_line_says_its_order_and_the_ends_of_its_bars(
    app: AppTest,
) -> None:
    open_page(app, "models")
    proto = app.dataframe[0].proto
    titles = {name: column["label"] for name, column in json.loads(proto.columns).items() if "label" in column}
    shown = [titles[name] for name in proto.column_order]
    assert shown[:9] == [
        "Model", "Availability", "MTEB v2", "Rank", "Parameters", "Dimensions", "Max tokens", "Licence", "Size",
    ]  # fmt: skip
    assert "Price" in shown
    assert "Time here, ms" not in shown, "nothing is timed here: the column would hold nothing"
    assert "Your picks first, then by MTEB v2; bars run from 20 to 95." in said(app)
    app.multiselect(key=state.EveryPage.MODELS).set_value([]).run()
    assert "By MTEB v2; bars run from 20 to 95." in said(app)


def test_a_licence_is_spelled_alike_whoever_has_described_the_model(app: AppTest) -> None:
    open_page(app, "models")
    licences = app.dataframe[0].value["license"]
    assert {"Apache-2.0", "MIT", "CC-BY-NC-4.0"} <= set(licences)
    assert licences.nunique() == licences.str.lower().nunique()


def test_a_use_and_filters_narrow_the_table_and_rank_what_is_left(app: AppTest) -> None:
    app.query_params.update({"use": "Search and RAG", "most_parameters": "30M", "commercial_use": "true"})
    open_page(app, "models")
    names = table_of(app)
    assert names.index("Snowflake/snowflake-arctic-embed-xs") < names.index("potion-base-8M")
    assert "BAAI/bge-m3" not in names
    assert "on 10 tasks" in said(app)
    assert "Filters: 2" in [block.proto.popover.label for block in app.main.get("popover")]


def test_tasks_of_ones_own_are_weighed(app: AppTest) -> None:
    app.query_params.update({"use": "Tasks of my own", "own_tasks": ["STS12", "FiQA2018"], "weight_of_STS12": "3"})
    open_page(app, "models")
    assert "on 2 tasks" in said(app)
    scores = app.dataframe[0].value.set_index("model")["score"]
    entry = models.listing.entry_of(models.get("all-MiniLM-L6-v2"))
    assert entry is not None
    expected = (3 * entry.scores["STS12"] + entry.scores["FiQA2018"]) / 4
    assert scores["all-MiniLM-L6-v2"] == pytest.approx(expected)


def test_a_models_card_has_each_task_and_what_is_unusual(app: AppTest) -> None:
    app.query_params["card"] = "jinaai/jina-embeddings-v2-base-en"
    open_page(app, "models")
    assert "FEVERHardNegatives (0.00)" in said(app).replace("\\", "")
    (tasks,) = (table.value for table in app.dataframe if "Task" in table.value)
    assert len(tasks) == 41
    told = said(app).replace("\\", "")
    assert "Not on this machine yet: download it here or run `python -m core download jinaai/" in told
    app.selectbox(key=state.Models.CARD).set_value("text-embedding-3-large").run()
    assert not app.exception
    assert "Recovered from older files" in said(app)
