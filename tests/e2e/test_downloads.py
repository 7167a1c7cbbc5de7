"""Models beyond the catalogue on the screen: fetched from the Hub, from the host's folder, and behind a server."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from safetensors.numpy import save
from sentence_transformers import SentenceTransformer
from sklearn.metrics.pairwise import cosine_similarity
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from core import corpus
from tests.core.encoders.architectures import tiny
from tests.e2e.conftest import PATIENCE_MS, running_server, settle
from tests.e2e.test_pages import charts, open_page
from tests.servers.hub import HubServer, Repository, running_hub
from tests.servers.openai import KEY, OpenAIServer, count_tokens, openai_server, served

ID = "someone/twenty-megabytes"
WEIGHTS = "model.safetensors"
STATIC = "sentence_transformers.sentence_transformer.modules.static_embedding.StaticEmbedding"
WORDS = {f"word{row}": row for row in range(20_000)}
TABLE = np.random.default_rng(1).normal(size=(len(WORDS), 256)).astype(np.float32)


class Moments(threading.Event):
    """What nobody waits for longer than a moment: a double that holds by it sends slowly, until it is set."""

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(0.1)


def static_model() -> dict[str, bytes]:
    words = Tokenizer(WordLevel(WORDS, unk_token="word0"))
    words.pre_tokenizer = WhitespaceSplit()
    modules = [{"idx": 0, "name": "0", "path": "", "type": STATIC}]
    return {
        "modules.json": json.dumps(modules).encode(),
        "tokenizer.json": words.to_str().encode(),
        WEIGHTS: save({"embeddings": TABLE}),
    }


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    with running_hub() as running:
        running.repositories[ID] = Repository(static_model(), license="mit")
        yield running


@pytest.fixture(scope="module")
def api() -> Iterator[OpenAIServer]:
    with openai_server() as running:
        yield running


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a user whose Embedscope has downloaded nothing yet."""
    return tmp_path_factory.mktemp("dashboard")


@pytest.fixture(scope="module")
def dashboard(place: Path, hub: HubServer, api: OpenAIServer) -> Iterator[str]:
    """A dashboard with the double for a Hub, a tiny model in the host's folder and a server in secrets.toml."""
    tiny("bert", place / "models" / "tiny")
    secrets = place / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(f'[servers.mine]\nurl = "{api.url}"\nmodel = "own"\nkey = "{KEY}"\n', encoding="utf-8")
    settings = online(place, hub.address) | {"EMBEDSCOPE_MODELS": str(place / "models")}
    with running_server(place, settings=settings) as address:
        yield address


def online(place: Path, hub_address: str) -> dict[str, str]:
    """The settings with which a dashboard asks that Hub and keeps everything in the place."""
    return {
        "HF_ENDPOINT": hub_address,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_CACHE": str(place / "hub"),
        "HF_HUB_DISABLE_XET": "1",
        "HOME": str(place),
    }


def download(page: Page, model_id: str) -> None:
    """Type an id and press the button beside it."""
    page.get_by_label("Hub ID").fill(model_id)
    page.get_by_role("button", name="Download", exact=True).click()


def cells(page: Page, table: int) -> list[str]:
    """The texts in a table's cells, which stand behind its canvas for screen readers."""
    return page.get_by_test_id("stDataFrame").nth(table).locator("canvas [role=gridcell]").all_text_contents()


def said(page: Page) -> str:
    return page.get_by_test_id("stMain").inner_text()


def test_a_download_is_watched_stopped_and_continued_and_its_model_used(
    page: Page, dashboard: str, hub: HubServer, console_errors: list[str]
) -> None:
    repository = hub.repositories[ID]
    whole = len(repository.files[WEIGHTS])
    hub.hold_after, hub.release = 0, Moments()
    open_page(page, dashboard, "")
    download(page, ID)
    expect(page.get_by_text(re.compile(rf"^Downloading {ID}: [2-9] MB of 21 MB, \d+ s left$"))).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PATIENCE_MS)
    settle(page)
    assert hub.sent(WEIGHTS) < whole / 2

    hub.release.set()
    download(page, ID)
    expect(page.get_by_test_id("stAlertContentSuccess")).to_have_text(
        re.compile(f"{ID} is downloaded, pinned to revision {repository.commit[:14]}"), timeout=PATIENCE_MS
    )
    settle(page)
    continued = hub.transfers[-1]
    assert continued.start > 1_000_000
    assert continued.start + continued.sent == whole

    page.get_by_label("Find", exact=True).fill(ID)  # among hundreds of models it is out of sight
    page.keyboard.press("Enter")
    settle(page)
    assert ID.rpartition("/")[2] in cells(page, 0)
    page.get_by_role("combobox", name="Picked models").fill(ID)
    page.get_by_role("option", name=ID).click()
    page.keyboard.press("Escape")  # the open list hides the rest of the page from its readers
    settle(page)
    page.get_by_role("link", name="Embed").click()
    page.get_by_label("Texts, one per line").fill("word7 word9")
    page.get_by_label("Texts, one per line").press("Control+Enter")
    expect(page.get_by_text("1 texts, one embedding each.")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    mean = TABLE[[7, 9]].mean(axis=0)
    np.testing.assert_allclose(charts(page, 3)[2][0]["z"], [mean / np.linalg.norm(mean)], atol=1e-5)
    page.get_by_text("How this was computed").click()
    settle(page)
    assert f"{ID} · revision {repository.commit[:14]} · cpu · static · float32" in said(page)
    assert console_errors == []


def test_a_server_and_a_folder_are_compared_by_link_and_no_key_is_shown(
    page: Page, dashboard: str, place: Path, console_errors: list[str]
) -> None:
    open_page(page, dashboard, "similarity?models=server:mine&models=folder:tiny&precision=float32&order=As+given")
    texts = corpus.from_paste(corpus.sample_sentences()).texts
    by_folder, by_server = charts(page, 2)[:2]
    expected = SentenceTransformer(str(place / "models" / "tiny"), device="cpu").encode(list(texts))
    np.testing.assert_allclose(by_folder[0]["z"], cosine_similarity(expected), atol=1e-4)
    np.testing.assert_allclose(by_server[0]["z"], cosine_similarity(served("own", texts)), atol=1e-4)
    page.get_by_text("How this was computed").click()
    settle(page)
    assert f"{count_tokens(texts):,} tokens" in said(page)
    assert re.search(r"folder:tiny · revision \S+ · cpu · (torch|openvino) · float32", said(page))
    assert re.search(r"server:mine · .* · openai · float32", said(page))
    expect(page.get_by_role("button", name=re.compile("Send 648 texts of the corpus to server:mine"))).to_be_visible()
    assert KEY not in page.content()
    page.get_by_role("link", name="Models").click()
    page.wait_for_selector('[data-testid="stDataFrame"] canvas')
    settle(page)
    page.get_by_text("Ready here", exact=True).click()
    settle(page)
    assert {"server:mine", "on a server", "folder:tiny"} <= set(cells(page, 0))
    assert KEY not in page.content()
    assert console_errors == []
