"""The commands on inputs that have led others astray."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import models
from tests.cases import LABELLED, PAIRS, PAIRS_WITHOUT_NAMES, QUOTES, VECTORS, File
from tests.core.encoders.architectures import tiny
from tests.core.encoders.test_agreement import cut_template, edit
from tests.servers.openai import KEY, openai_server, served

WORDLLAMA = ("--model", "wordllama-256")


def written(folder: Path, file: File) -> Path:
    path = folder / file[0]
    path.write_bytes(file[1])
    return path


@pytest.mark.parametrize("case", LABELLED)
def test_evaluate_gives_the_right_figure_or_refuses(command: Any, tmp_path: Path, case: str) -> None:
    given = LABELLED[case]
    paths = {name: written(tmp_path, getattr(given, name)) for name in ("corpus", "queries", "qrels")}
    files = [part for name, path in paths.items() for part in (f"--{name}", path)]
    code, out, err = command("evaluate", "--model", "bm25", *files)
    told = " ".join((out + err).split())
    assert given.said in told
    assert code == (given.ndcg is None)
    if given.ndcg is not None:
        _, out, _ = command("evaluate", "--model", "bm25", *files, "--json")
        assert json.loads(out)["ndcg@10"] == pytest.approx(given.ndcg)


def test_no_row_of_a_tsv_is_swallowed_by_a_quotation_mark(answer: Any, tmp_path: Path) -> None:
    texts, pairs = written(tmp_path, ("quotes.tsv", QUOTES)), written(tmp_path, PAIRS)
    assert answer("embed", *WORDLLAMA, "--input", texts, "--output", tmp_path / "v.npy")["texts"] == 6
    assert answer("pairs", *WORDLLAMA, "--input", pairs)["pairs"] == 3
    facts = answer("pairs", *WORDLLAMA, "--input", written(tmp_path, PAIRS_WITHOUT_NAMES))
    said = "files without column names, read as sentence1, sentence2 and score"
    assert (facts["pairs"], facts["left_out"]) == (3, {said: 1})
    quoted = written(tmp_path, ("quoted.tsv", b'_id\ttext\nd1\t"Hello" he said\nd2\tsecond\n'))
    (hit,) = answer("search", "--model", "bm25", "--corpus", quoted, "--query", "hello")["results"]
    assert (hit["id"], hit["text"]) == ("d1", '"Hello" he said')


def test_the_words_beside_vectors_are_the_texts_and_vectors_alone_are_refused(
    answer: Any, command: Any, tmp_path: Path
) -> None:
    words = written(tmp_path, VECTORS["fastText's ending"])
    results = answer("search", "--model", "bm25", "--corpus", words, "--query", "owl king")["results"]
    assert {hit["text"] for hit in results} == {"owl", "king"}
    numbers = written(tmp_path, VECTORS["decimal commas in lines of numbers"])
    code, out, said = command("search", "--model", "bm25", "--corpus", numbers, "--query", "owl")
    assert (code, out) == (1, "")
    assert "v.txt contains vectors but no texts" in said


def test_prompts_in_a_models_folder_are_put_before_the_texts(answer: Any, models_folder: Path, tmp_path: Path) -> None:
    tiny("bert", models_folder / "plain")
    tiny("bert", models_folder / "prompted")
    settings = models_folder / "prompted" / "config_sentence_transformers.json"
    edit(settings, prompts={"query": "query: ", "document": "passage: "})

    def vector(name: str, text: str, kind: str = "document") -> np.ndarray:
        path = written(tmp_path, ("t.txt", text.encode()))
        options = ("--input", path, "--output", tmp_path / "v.npy", "--precision", "float32", "--engine", "torch")
        answer("embed", "--model", f"folder:{name}", *options, "--no-store", "--kind", kind)
        return np.asarray(np.load(tmp_path / "v.npy")[0])

    query, document = vector("prompted", "how tall", "query"), vector("prompted", "how tall")
    assert query @ document < 0.99
    assert query @ vector("plain", "query: how tall") == pytest.approx(1, abs=1e-5)


def test_a_model_made_for_the_dot_product_says_so(answer: Any, models_folder: Path, tmp_path: Path) -> None:
    folder = tiny("bert", models_folder / "dotted")
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "modules.json").write_text(json.dumps(modules[:2]))  # without the last, Normalize
    edit(folder / "config_sentence_transformers.json", similarity_fn_name="dot")
    files = ("--corpus", written(tmp_path, DOCUMENTS_TXT), "--precision", "float32")
    assert answer("search", "--model", "folder:dotted", "--query", "cat", *files)["made_for"] == "the dot product"


DOCUMENTS_TXT: File = ("c.txt", b"a cat\na dog\n")


def test_a_model_that_pools_the_last_token_ends_its_texts_as_its_settings_ask(
    answer: Any,
    models_folder: Path,
    tmp_path: Path,
) -> None:
    tiny("mistral", models_folder / "mine")
    cut_template(models_folder / "mine", "<s> $A", "<s>")
    edit(models_folder / "mine" / "tokenizer_config.json", add_bos_token=True, add_eos_token=True)
    path = written(tmp_path, DOCUMENTS_TXT)
    facts = answer(
        "embed", "--model", "folder:mine", "--input", path, "--output", tmp_path / "v.npy", "--precision", "float32"
    )
    assert facts["revision"].endswith("with <s> and </s>")


@pytest.mark.usefixtures("no_secrets_and_short_waits")
@pytest.mark.parametrize("trouble", [{"omits_index_of_zero": True}, {"tokens_a_minute": 60}], ids=str)
def test_a_server_that_omits_an_index_or_refuses_large_requests_is_understood(
    answer: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: dict[str, Any],
) -> None:
    texts = [f"{number} {'word ' * 20}".strip() for number in range(6)]
    path = written(tmp_path, ("t.txt", "\n".join(texts).encode()))
    model = models.get("text-embedding-3-small")
    with openai_server() as server:
        vars(server).update(trouble)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        answer("embed", "--model", model.name, "--input", path, "--output", tmp_path / "v.npy", "--no-store")
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), served(model.id, texts), rtol=0, atol=1e-6)
