"""`python -m core`: each command's JSON, and errors in one line."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator

from core import benchmark, embedding, models
from core import cli as command_line
from core.benchmark import SCHEMA, Run, Settings, Subject, Workload
from core.encoders.choice import engines
from core.machine import this_machine
from tests.conftest import ROOT
from tests.core.benchmark.runs import finished, timing
from tests.core.encoders.test_encoders import BY_HAND

TEXTS = ["A plane is taking off.", "A man plays a flute.", "Rates went up.", "The river bank.", "Smile 😀 مرحبا"]
PAIRS = 300  # of those beside the project


@pytest.fixture
def texts_file(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join([TEXTS[0], "", *TEXTS[1:], "  "]), encoding="utf-8")
    return path


def test_models_lists_the_catalogue_and_what_can_run_here(answer):
    rows = answer("models")["models"]
    assert [row["model"] for row in rows] == list(models.names())
    found = {row["model"]: row for row in rows}
    assert found["all-MiniLM-L6-v2"]["here"] == "ready"
    assert found["text-embedding-ada-002"]["here"] == "needs an API key"
    assert found["all-MiniLM-L6-v2"]["mteb_v2"] == 59.03
    assert found["wordllama-256"]["mteb_v1"] is None


def test_embed_writes_the_vectors_and_tells_what_it_did(answer, texts_file, tmp_path):
    facts = answer("embed", "--model", "wordllama-256", "--input", texts_file, "--output", tmp_path / "v.npy")
    vectors = np.load(tmp_path / "v.npy")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(
        vectors, BY_HAND["wordllama-256"]().encode(TEXTS, normalize_embeddings=True), rtol=0, atol=1e-6
    )
    told = {key: facts[key] for key in ("model", "device", "engine", "texts", "dimensions", "left_out")}
    assert told == {
        "model": "wordllama-256",
        "device": "cpu",
        "engine": "static",
        "texts": 5,
        "dimensions": 256,
        "left_out": {"blank texts": 2},
    }
    assert facts["texts_per_second"] == pytest.approx(5 / facts["seconds"])


def test_embed_remembers_unless_told_not_to(answer, texts_file, tmp_path):
    embed = ("embed", "--model", "wordllama-256", "--input", texts_file, "--output", tmp_path / "v.npy")
    answer(*embed)
    assert answer(*embed)["remembered"] == 5
    assert answer(*embed, "--no-store")["remembered"] == 0


def test_embed_reads_the_column_it_is_told(answer, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("text,remark\nfirst,NA\nsecond,null\n", encoding="utf-8")
    output = tmp_path / "v.npy"
    facts = answer("embed", "-m", "wordllama-256", "-i", path, "-o", output, "--column", "remark")
    assert (facts["texts"], facts["left_out"]) == (2, {})


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "wordllama-256"])
def test_pairs_agrees_with_sentence_transformers_evaluator(answer, shared_data, tmp_path, name):
    path = tmp_path / "pairs.csv"
    lines = (shared_data / "sts-dev.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: 1 + PAIRS]), encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    facts = answer("pairs", "--model", name, "--input", path, "--precision", "float32")
    evaluator = EmbeddingSimilarityEvaluator(
        [row["sentence1"] for row in rows],
        [row["sentence2"] for row in rows],
        [float(row["score"]) for row in rows],
        write_csv=False,
    )
    expected = evaluator(BY_HAND[name]())
    assert facts["pairs"] == len(rows) == PAIRS
    assert facts["spearman"] == pytest.approx(expected["spearman_cosine"], abs=5e-5)
    assert facts["pearson"] == pytest.approx(expected["pearson_cosine"], abs=5e-5)
    fastest = answer("pairs", "--model", name, "--input", path)
    assert fastest["spearman"] == pytest.approx(expected["spearman_cosine"], abs=1e-3)


def test_pairs_counts_the_rows_it_left_out(answer, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("sentence1,sentence2,score\na cat,a dog,3\na,b, and c,1\na cat,the cat,5\n", encoding="utf-8")
    facts = answer("pairs", "--model", "wordllama-256", "--input", path)
    assert facts["pairs"] == 2
    assert sum(facts["left_out"].values()) == 1


def test_pairs_does_not_compare_a_sentence_with_a_missing_one(answer, tmp_path):
    path = tmp_path / "pairs.jsonl"
    rows = [("a cat", "a dog", 3), ("a cat", None, 1), ("a cat", "the cat", 5)]
    lines = [json.dumps(dict(zip(("sentence1", "sentence2", "score"), row, strict=True))) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    facts = answer("pairs", "--model", "wordllama-256", "--input", path)
    assert facts["pairs"] == 2


@pytest.mark.parametrize("model", ["bm25", "wordllama-256"])
def test_search_gives_the_best_documents_first(answer, tmp_path, model):
    path = tmp_path / "corpus.jsonl"
    documents = {"sky": "A plane is taking off.", "bank": "The bank raised its rates.", "cat": "A cat plays."}
    path.write_text("\n".join(json.dumps({"_id": key, "text": text}) for key, text in documents.items()))
    facts = answer("search", "--model", model, "--corpus", path, "--query", "bank rates", "-k", 2)
    results = facts["results"]
    assert (facts["model"], facts["query"]) == (model, "bank rates")
    assert (results[0]["id"], results[0]["text"]) == ("bank", documents["bank"])
    assert [hit["score"] for hit in results] == sorted((hit["score"] for hit in results), reverse=True)
    assert len(results) == (1 if model == "bm25" else 2)


def test_a_query_that_is_too_long_is_cut_and_said(answer, command):
    search = ("search", "--model", "bm25", "--query", "bank " * 9000)
    assert answer(*search)["query_left_out"] == {"texts truncated to 20,000 characters": 1}
    assert "The query: texts truncated to 20,000 characters (1)." in " ".join(command(*search)[2].split())


def test_words_are_found_without_blanks_between_them_and_of_one_letter(answer, tmp_path):
    (tmp_path / "zh.txt").write_text(
        "机器学习是人工智能的一个分支。\n火车在冬天经常晚点。\n今天的天气很好。\n", encoding="utf-8"
    )
    (tmp_path / "short.txt").write_text("Vitamin C is found in oranges.\nThe R language is for statistics.\n")
    for file, query in (("zh.txt", "机器学习"), ("short.txt", "C")):
        results = answer("search", "--model", "bm25", "--corpus", tmp_path / file, "--query", query)["results"]
        assert [row["id"] for row in results] == ["1"]


def test_evaluate_ranks_the_network_above_the_table_above_the_keywords(answer):
    qualities = [answer("evaluate", "--model", model) for model in ("all-MiniLM-L6-v2", "wordllama-256", "bm25")]
    minilm, wordllama, bm25 = (quality["ndcg@10"] for quality in qualities)
    assert minilm > wordllama > bm25
    for quality in qualities:
        assert quality.keys() >= {"model", "ndcg@10", "mrr@10", "map@100", "recall@10"}
        assert quality["queries"] == 192


@pytest.fixture
def labelled(tmp_path):
    """A corpus, queries and labels whose answer is known: the second document comes first, the label is the first."""
    (tmp_path / "corpus.csv").write_text("_id,text\nd1,rates of the bank went up slowly\nd2,bank rates\nd3,a cat\n")
    (tmp_path / "queries.csv").write_text("_id,text,style\nq1,bank rates,short\nq2,cat,short\nq3,felines,long\n")
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td3\t1\nq3\td3\t1\n")
    return [
        *("--corpus", tmp_path / "corpus.csv"),
        *("--queries", tmp_path / "queries.csv"),
        *("--qrels", tmp_path / "qrels.tsv"),
    ]


def test_the_words_figure_on_the_sample_is_the_published_one(answer):
    facts = answer("evaluate", "--model", "bm25", "--by", "style")
    figures = {name: round(facts[name], 3) for name in ("ndcg@10", "mrr@10", "map@100", "recall@10")}
    assert figures == {"ndcg@10": 0.414, "mrr@10": 0.539, "map@100": 0.353, "recall@10": 0.435}
    assert [round(row["ndcg@10"], 3) for row in facts["by"]] == [0.656, 0.011]


def test_evaluate_measures_ones_own_files(answer, labelled):
    facts = answer("evaluate", "--model", "bm25", *labelled)
    assert facts["queries"] == 3
    assert facts["mrr@10"] == pytest.approx((1 / 2 + 1 + 0) / 3)
    assert facts["ndcg@10"] == pytest.approx((1 / np.log2(3) + 1 + 0) / 3)
    assert facts["recall@10"] == pytest.approx(2 / 3)


def test_evaluate_takes_trec_qrels_and_tells_how_sure_the_figure_is(answer, labelled):
    beir = answer("evaluate", "--model", "bm25", *labelled)
    labelled[-1].write_text("q1 0 d1 1\nq2 0 d3 1\nq3 0 d3 1\n")
    assert answer("evaluate", "--model", "bm25", *labelled) == beir
    low, high = beir["ndcg@10_interval"]
    assert 0 == low < beir["ndcg@10"] < high == 1


@pytest.fixture
def evaluate_bm25(answer, tmp_path):
    """The quality of BM25 on a corpus, queries and labels given as text, by the files' names."""

    def call(**files):
        paths = []
        for option, (name, content) in files.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
            paths += [f"--{option}", tmp_path / name]
        return answer("evaluate", "--model", "bm25", *paths)

    return call


QUERY, ANSWER = ("q.csv", "_id,text\nq1,bank rates\n"), ("r.tsv", "query-id\tcorpus-id\tscore\nq1\td1\t1\n")


def test_evaluate_merges_the_rows_of_one_id_and_says_so(evaluate_bm25):
    documents = ("c.csv", "_id,text\nd1,bank rates went up\nd1,bank rates went up\nd2,a cat sleeps\n")
    facts = evaluate_bm25(corpus=documents, queries=QUERY, qrels=ANSWER)
    assert facts["ndcg@10"] == 1
    assert facts["left_out"] == {"rows with the id and text of an earlier row, merged with it": 1}


def test_evaluate_finds_a_document_that_has_only_a_title(evaluate_bm25):
    documents = [{"_id": "d1", "title": "Bank rates rise", "text": ""}, {"_id": "d2", "title": "", "text": "A cat."}]
    lines = "\n".join(map(json.dumps, documents))
    assert evaluate_bm25(corpus=("c.jsonl", lines), queries=QUERY, qrels=ANSWER)["ndcg@10"] == 1


def test_search_finds_each_line_of_a_tsv_and_says_what_was_skipped(answer, command, tmp_path):
    lines = ["_id\ttext", "d1\tplain", 'd2\t"Tis the season', "d3\tthe third", 'd4\t"Twas the night', "d5\t"]
    (tmp_path / "c.tsv").write_text("\n".join(lines), encoding="utf-8")
    search = ("search", "--model", "bm25", "--corpus", tmp_path / "c.tsv", "--query", "third")
    facts = answer(*search)
    assert [hit["id"] for hit in facts["results"]] == ["d3"]
    assert facts["left_out"] == {"blank texts": 1}
    assert command(*search)[2] == "Skipped or repaired: blank texts 1\n"


def test_evaluate_by_a_column_adds_a_row_for_each_of_its_values(answer, labelled):
    facts = answer("evaluate", "--model", "bm25", *labelled, "--by", "style")
    groups = {row["style"]: row for row in facts["by"]}
    assert {name: row["queries"] for name, row in groups.items()} == {"short": 2, "long": 1}
    assert groups["short"]["mrr@10"] == pytest.approx((1 / 2 + 1) / 2)
    assert groups["long"]["mrr@10"] == 0


def test_a_labelled_query_without_a_text_is_left_out_and_counted_by_group_too(answer, labelled):
    without = answer("evaluate", "--model", "bm25", *labelled)
    with labelled[-1].open("a") as file:
        file.write("q4\td1\t1\n")
    for options in ((), ("--by", "style")):
        facts = answer("evaluate", "--model", "bm25", *labelled, *options)
        assert (facts["queries"], facts["ndcg@10"]) == (3, without["ndcg@10"])
        assert facts["left_out"] == {"labelled queries without a text": 1}


@pytest.mark.parametrize("arguments", [("evaluate", "--model", "bm25"), ("verdict", "--models", "wordllama-256")])
def test_ids_that_do_not_meet_are_refused_with_both_kinds_shown(command, labelled, arguments):
    labelled[1].write_text("docid,text\nd1,rates of the bank went up slowly\nd2,bank rates\n")
    code, out, err = command(*arguments, *labelled, "--json")
    assert (code, out) == (1, "")
    assert err == (
        "qrels.tsv labels no document of corpus.csv: its document ids are d1, d3 and d3, the documents' are 1 and 2.\n"
    )


@pytest.mark.parametrize("model", ["bm25", "wordllama-256"])
def test_a_query_that_is_a_document_is_left_out_of_its_own_results_and_said(answer, command, tmp_path, model):
    rows = {"a1": "Zoos protect endangered animals from extinction.", "a2": "Zoos keep endangered animals in cages.",
            "a3": "Trains are late."}  # fmt: skip
    lines = [json.dumps({"_id": name, "text": text}) for name, text in rows.items()]
    (tmp_path / "c.jsonl").write_text("\n".join(lines))
    (tmp_path / "q.jsonl").write_text(lines[0])
    (tmp_path / "r.tsv").write_text("query-id\tcorpus-id\tscore\na1\ta2\t1\n")
    files = ("--corpus", tmp_path / "c.jsonl", "--queries", tmp_path / "q.jsonl", "--qrels", tmp_path / "r.tsv")
    facts = answer("evaluate", "--model", model, *files)
    said = "queries that are documents of the corpus, left out of their own results"
    assert facts["ndcg@10"] == 1
    assert facts["left_out"] == {said: 1}
    assert said in command("evaluate", "--model", model, *files)[1]
    verdict = answer("verdict", "--models", "wordllama-256", *files)
    assert [row["ndcg@10"] for row in verdict["candidates"]] == [1, 1, 1]
    assert verdict["left_out"] == {said: 1}


def test_a_relevant_texts_copy_without_a_label_is_counted_beside_the_figure(answer, command, tmp_path):
    (tmp_path / "c.csv").write_text("_id,text\nd1,bank rates went up\nd9,bank rates went up\nd2,a cat sleeps\n")
    (tmp_path / "q.csv").write_text("_id,text\nq1,bank rates\n")
    (tmp_path / "r.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    files = ("--corpus", tmp_path / "c.csv", "--queries", tmp_path / "q.csv", "--qrels", tmp_path / "r.tsv")
    facts = answer("evaluate", "--model", "bm25", *files)
    assert facts["ndcg@10"] == pytest.approx(1 / np.log2(3))
    assert facts["unlabelled_copies"] == 1
    assert "1 relevant document has a copy in the corpus" in command("evaluate", "--model", "bm25", *files)[1]


@pytest.mark.parametrize(("method", "dimensions"), [("pca", 3), ("umap", 2), ("tsne", 2)])
def test_project_tells_its_quality_and_writes_coordinates(answer, tmp_path, method, dimensions):
    path, output = tmp_path / "texts.txt", tmp_path / "map.csv"
    sentences = [f"{noun} {verb}, or so they say" for noun in ("A cat", "The bank", "Rain") for verb in "abcdefg"]
    path.write_text("\n".join(sentences), encoding="utf-8")
    facts = answer(
        *("project", "--model", "wordllama-256", "--input", path, "--output", output),
        *("--method", method, "--dimensions", dimensions),
    )
    assert (facts["method"], facts["texts"]) == (method, 21)
    assert all(0 <= facts[measure] <= 1 for measure in ("trustworthiness", "continuity", "neighbour_recall"))
    assert facts["seconds"].keys() >= {"embedding", "layout"}
    table = pd.read_csv(output)
    assert list(table.columns) == ["id", *"xyz"[:dimensions], "text"]
    assert list(table["text"]) == sentences


def test_a_spreadsheet_runs_nothing_that_project_writes(answer, tmp_path):
    path, output = tmp_path / "texts.jsonl", tmp_path / "map.csv"
    rows = [{"_id": "@SUM(A1)", "text": "=1+1"}, {"_id": "2", "text": "-0.5"}, {"_id": "3", "text": "plain"}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    answer("project", "--model", "wordllama-256", "--input", path, "--output", output, "--method", "pca")
    table = pd.read_csv(output, dtype=str)
    assert list(table["id"]) == ["'@SUM(A1)", "2", "3"]
    assert list(table["text"]) == ["'=1+1", "-0.5", "plain"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDSCOPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_benchmark_prints_a_run_that_can_be_read_again_and_keeps_it(answer, home, tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "Settings", partial(Settings, patience_seconds=0.3))  # a busy machine must do here
    facts = answer(
        *("benchmark", "--models", "wordllama-256, text-embedding-3-small"),
        *("--seconds", 0.05, "--samples", 40, "--output", tmp_path / "run.json"),
    )
    assert facts["schema"] == SCHEMA
    assert facts["machine"]["cpu"] == this_machine().cpu
    timed, failed = facts["results"]
    assert [row["model"] for row in facts["results"]] == ["wordllama-256", "text-embedding-3-small"]
    told = {key: timed[key] for key in ("device", "engine", "precision", "weights", "batch_size")}
    assert told == {"device": "cpu", "engine": "static", "precision": "float32", "weights": "own", "batch_size": 1}
    assert 0 < timed["median_ms"] <= timed["p95_ms"]
    assert timed["samples"] >= 40
    assert "runs behind an API" in failed["failure"]
    run = Run.from_json(json.dumps(facts))
    (kept,) = (home / "runs").glob("*.json")
    assert Run.from_json(kept.read_text(encoding="utf-8")) == run
    written = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert Run.from_json(written) == run
    assert benchmark.import_run(written).run == run


def test_verdict_prints_three_sentences_and_writes_what_can_be_sent(command, answer, home, tmp_path):
    row = timing(revision=embedding.encoder(models.get("wordllama-256")).revision)
    benchmark.save(finished(row, replace(row, batch_size=16, text="", tokens=128)))
    page, markdown = tmp_path / "verdict.html", tmp_path / "verdict.md"
    options = ("verdict", "--models", "wordllama-256", "--weights", "speed=5", "--html", page, "--markdown", markdown)
    facts = answer(*options)
    assert len(facts["sentences"]) == 3
    first, *others = facts["candidates"]
    assert (first["model"], first["place"], first["hello_world_ms"]) == ("wordllama-256", 1, 1.5)
    assert [one["model"] for one in others] == ["Hybrid", "BM25"]
    assert first["ndcg@10"] == pytest.approx(answer("evaluate", "--model", "wordllama-256")["ndcg@10"])
    assert facts["sentences"][0] in page.read_text(encoding="utf-8")
    assert "speed 5" in markdown.read_text(encoding="utf-8")
    assert command(*options)[1].startswith("\n".join(facts["sentences"]))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--weights", "beauty=1"), "Unknown criterion"),
        (("--corpus", "x.txt"), "together"),
        (("--html", "no/v.html"), "folder"),
    ],
)
def test_verdict_refuses_in_one_line(command, options, sentence):
    code, out, err = command("verdict", *options)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert sentence in err


class Asked:
    """What a command asks to be timed, in the place of timing it."""

    def __init__(self, *results):
        self._results = results

    def __call__(self, subjects, workloads, settings, *, on_progress):
        self.subjects, self.workloads, self.settings = subjects, workloads, settings
        return finished(*self._results)


@pytest.fixture
def asked(monkeypatch):
    """Let the command answer with these timings."""

    def patch(*results):
        asked = Asked(*results)
        monkeypatch.setattr(benchmark, "run", asked)
        return asked

    return patch


def test_benchmark_prints_a_table_and_says_once_why_something_failed(command, asked, monkeypatch):
    monkeypatch.setattr(command_line.output.out, "width", 200)
    asked(
        timing("a-model", median_ms=1.25, p95_ms=2.5, samples=31, tokens=4),
        timing("b-model", weights="random", engine="openvino", samples=77, disturbed=12),
        timing("c-model", median_ms=None, samples=0, failure="It died."),
        timing("c-model", median_ms=None, samples=0, failure="It died.", batch_size=8),
    )
    code, out, err = command("benchmark", "--models", "wordllama-256")
    assert (code, err) == (0, "It died.\n")
    lines = [line for line in out.splitlines() if re.search("[│┃]", line)]
    header, *rows = ([cell.strip() for cell in re.split("[│┃]", line)[1:-1]] for line in lines)
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["model"] for row in table] == ["a-model", "b-model", "c-model", "c-model"]
    assert [row["weights"] for row in table] == ["own", "random", "own", "own"]
    assert [row["engine"] for row in table][:2] == ["static float32", "openvino float32"]
    assert [row["median ms"] for row in table] == ["1.25", "1.5", "–", "–"]
    assert [row["p95 ms"] for row in table] == ["2.5", "–", "–", "–"]
    assert [row["samples"] for row in table] == ["31", "77", "0", "0"]
    assert [row["disturbed"] for row in table] == ["0", "12", "0", "0"]
    assert [row["batch"] for row in table] == ["1", "1", "1", "8"]


def test_benchmark_asks_for_what_the_options_say(answer, asked):
    what = asked(timing())
    answer(
        *("benchmark", "--models", "all-MiniLM-L6-v2, wordllama-256", "--devices", "cpu, cuda", "--engine", "library"),
        *("--precision", "float32", "--weights", "random", "--text", "One of my own", "--batch-size", "1, 32"),
        *("--samples", 50, "--seconds", 2.5, "--most-seconds", 90, "--threads", 2, "--cosine"),
    )
    assert [(subject.model, subject.device) for subject in what.subjects] == [
        ("all-MiniLM-L6-v2", "cpu"),
        ("all-MiniLM-L6-v2", "cuda"),
        ("wordllama-256", "cpu"),
        ("wordllama-256", "cuda"),
    ]
    how = {(subject.engine, subject.precision, subject.weights) for subject in what.subjects}
    assert how == {("library", "float32", "random")}
    assert what.workloads == (Workload(1, "One of my own"), Workload(32, "One of my own"))
    expected = Settings(least_samples=50, least_seconds=2.5, most_seconds=90, with_cosine=True, threads=2)
    assert what.settings == expected


def test_benchmark_without_options_asks_hello_world_of_each_models_own_weights(answer, asked):
    what = asked(timing())
    answer("benchmark", "--models", "wordllama-256")
    assert what.subjects == (Subject("wordllama-256"),)
    assert what.workloads == (Workload(1, "Hello World"),)
    assert what.settings == Settings()


def test_benchmark_of_all_engines_begins_with_the_library_and_takes_what_the_model_and_machine_have(answer, asked):
    what = asked(timing())
    answer("benchmark", "--models", "all-MiniLM-L6-v2,wordllama-256", "--engine", "all")
    assert [(subject.model, subject.engine, subject.precision) for subject in what.subjects] == [
        ("all-MiniLM-L6-v2", "library", "float32"),
        *(("all-MiniLM-L6-v2", *pair) for pair in engines("cpu")),
        ("wordllama-256", "library", "float32"),
        ("wordllama-256", "static", "float32"),
    ]


def test_benchmark_takes_each_batch_size_with_each_length(answer, asked):
    what = asked(timing())
    answer("benchmark", "--models", "wordllama-256", "--batch-size", "1,4", "--tokens", "8,128")
    pairs = [(workload.batch_size, workload.tokens) for workload in what.workloads]
    assert pairs == [(1, 8), (4, 8), (1, 128), (4, 128)]


@pytest.mark.parametrize("arguments", [["models"], ["search", "-m", "bm25", "-q", "dogs in summer"]])
def test_without_json_a_command_prints_a_table(command, arguments):
    code, out, err = command(*arguments)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) > 5
    with pytest.raises(json.JSONDecodeError):
        json.loads(out)


def errors():
    model, texts, output = ("--model", "wordllama-256"), ("--input", "{texts}"), ("--output", "{folder}/v.npy")
    no_such, timed = "no-such-model", ("--models", "wordllama-256")
    return {
        "unknown model": (["embed", "--model", no_such, *texts, *output], no_such),
        "model that is not here": (
            ["search", "-m", "all-mpnet-base-v2", "-q", "cats"],
            "python -m core download all-mpnet-base-v2",
        ),
        "model without its key": (["evaluate", "-m", "text-embedding-3-small"], "OPENAI_API_KEY"),
        "no such file": (["embed", *model, "--input", "{folder}/none.txt", *output], "none.txt"),
        "a folder for a file": (["embed", *model, "--input", "{folder}", *output], "Cannot read"),
        "no such folder to write to": (
            ["embed", *model, *texts, "--output", "{folder}/none/v.npy"],
            "Cannot write v.npy: the folder",
        ),
        "no folder for the map": (
            ["project", *model, *texts, "--method", "pca", "--output", "{folder}/none/map.csv"],
            "Cannot write map.csv: the folder",
        ),
        "no such column": (["embed", *model, *texts, *output, "--column", "body"], "'body'"),
        "unknown kind": (["embed", *model, *texts, *output, "--kind", "title"], "'title'"),
        "unknown device": (["embed", *model, *texts, *output, "--device", "tpu"], "'tpu'"),
        "unknown engine": (["embed", *model, *texts, *output, "--engine", "onnx"], "'onnx'"),
        "unknown precision": (["embed", *model, *texts, *output, "--precision", "int3"], "'int3'"),
        "pairs without scores": (["pairs", *model, *texts], "sentence1, sentence2 and score"),
        "blank query": (["search", *model, "--query", " "], "No text found in the query"),
        "labels without queries": (["evaluate", *model, "--qrels", "{texts}"], "--queries"),
        "no such group": (["evaluate", "--model", "bm25", "--by", "colour"], "'colour'"),
        "unknown method": (["project", *model, *texts, "--method", "mds"], "'mds'"),
        "a seed below 0": (["project", *model, *texts, "--method", "tsne", "--seed", "-1"], "from 0 to"),
        "four dimensions": (["project", *model, *texts, "--method", "pca", "--dimensions", "4"], "4"),
        "unknown model to time": (["benchmark", "--models", f"wordllama-256,{no_such}"], no_such),
        "a model of no weights": (["benchmark", *timed, "--weights", "stolen"], "own, random or any"),
        "a batch too large": (["benchmark", *timed, "--batch-size", "2000"], "1,024"),
        "no batch": (["benchmark", *timed, "--batch-size", "1,0"], "1,024"),
        "a batch that is no number": (["benchmark", *timed, "--batch-size", "1,many"], "'1,many' is not a number"),
        "a length that is no number": (["benchmark", *timed, "--tokens", "8,,32"], "'8,,32' is not a number"),
        "no tokens": (["benchmark", *timed, "--tokens", "0"], "at least one token"),
        "no time": (["benchmark", *timed, "--seconds", "0"], "must be above 0"),
        "time that is no number": (["benchmark", *timed, "--seconds", "nan"], "must be above 0"),
        "a blank text to time": (["benchmark", *timed, "--text", " "], "needs a text"),
        "no folder for the run": (
            ["benchmark", *timed, "--output", "{folder}/none/run.json"],
            "Cannot write run.json: the folder",
        ),
    }


@pytest.mark.parametrize(("arguments", "said"), errors().values(), ids=errors())
def test_an_error_is_one_line_on_standard_error_and_exit_code_1(command, texts_file, tmp_path, arguments, said):
    filled = [argument.format(texts=texts_file, folder=tmp_path) for argument in arguments]
    code, out, err = command(*filled, "--json")
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_as_a_process_the_answer_is_the_only_thing_on_standard_output(texts_file, tmp_path):
    arguments = ["embed", "-m", "wordllama-256", "-i", texts_file, "-o", tmp_path / "v.npy", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "core", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["texts"] == 5
    assert len(done.stdout.splitlines()) == 1


def test_as_a_process_an_error_is_one_line_and_exit_code_1():
    done = subprocess.run(
        [sys.executable, "-m", "core", "search", "-m", "no-such-model", "-q", "cats", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_a_gold_score_of_zero_is_a_score(answer, tmp_path):
    rows = [("A dog runs.", "Shares fell.", 0), ("A dog runs.", "A dog is running.", 5), ("Rain.", "It rains.", 4)]
    lines = [json.dumps({"sentence1": first, "sentence2": second, "score": score}) for first, second, score in rows]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    facts = answer("pairs", "--model", "wordllama-256", "--input", tmp_path / "pairs.jsonl")
    assert (facts["pairs"], facts["left_out"]) == (3, {})


# prompts, long texts and passages


@pytest.fixture
def long_texts(tmp_path):
    """A labelled corpus whose first document has its answer beyond what MiniLM reads."""
    filler = "The weather was mild and nothing happened that day. " * 60
    rows = [
        {"_id": "d1", "text": filler + "The treaty was signed in Tordesillas."},
        {"_id": "d2", "text": "Treaties are signed with pens."},
    ]
    (tmp_path / "long.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "asked.csv").write_text("_id,text\nq1,where was the treaty of Tordesillas signed\n")
    (tmp_path / "labels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    return tmp_path / "long.jsonl"


def labels_of(path):
    return ["--queries", path.parent / "asked.csv", "--qrels", path.parent / "labels.tsv"]


MINILM = ("--model", "all-MiniLM-L6-v2", "--precision", "float32", "--engine", "torch")


@pytest.mark.parametrize(
    "arguments",
    [
        ("embed", "--output", "v.npy", "--input"),
        ("search", "--query", "treaty", "--corpus"),
        ("evaluate", "--corpus"),
        ("project", "--method", "pca", "--input"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_each_command_says_how_many_texts_the_model_does_not_read_whole(
    answer, command, long_texts, arguments, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    name, *options = arguments
    if name == "project":  # a map needs more than two
        with long_texts.open("a") as file:
            file.writelines(f'\n{{"_id": "e{number}", "text": "number {number}"}}' for number in range(4))
    further = labels_of(long_texts) if name == "evaluate" else []
    call = (name, *MINILM, *options, long_texts, *further)
    facts = answer(*call)
    assert (facts["truncated_texts"], facts["max_tokens"]) == (1, 256)
    code, _, told = command(*call)
    assert code == 0
    assert re.search(r"1 of \d texts is longer than the 256 tokens that all-MiniLM-L6-v2 reads", " ".join(told.split()))


def test_a_long_document_is_found_by_its_passages(answer, long_texts):
    whole = answer("evaluate", *MINILM, "--corpus", long_texts, *labels_of(long_texts))
    split = answer("evaluate", *MINILM, "--corpus", long_texts, *labels_of(long_texts), "--passages", 100)
    assert (whole["mrr@10"], whole["truncated_texts"]) == (0.5, 1)
    assert (split["mrr@10"], split["truncated_texts"]) == (1.0, 0)
    best = answer("search", *MINILM, "--corpus", long_texts, "--query", "treaty of Tordesillas", "--passages", 100)
    assert best["results"][0]["id"].startswith("d1#")


def test_fewer_dimensions_can_be_asked_of_each_ranking(answer, command):
    owls = ("search", "--query", "owls", "--dimensions", 64, "--model")
    whole = answer("search", "--query", "owls", "--model", "wordllama-256")
    short = answer(*owls, "wordllama-256")
    assert (whole["truncate_dim"], short["truncate_dim"]) == (None, 64)
    assert short["results"][0]["score"] != whole["results"][0]["score"]
    code, _, said = command(*owls, "bm25")
    assert (code, "bm25 has no vectors" in said) == (1, True)


def test_passages_need_a_corpus_to_split(command):
    code, _, told = command("search", *MINILM, "--query", "bank", "--passages", 100)
    assert (code, "pass --corpus with --passages" in told) == (1, True)


def test_a_prompt_that_is_given_is_put_before_the_texts(answer, tmp_path):
    (tmp_path / "bare.txt").write_text("how tall is the tower")
    (tmp_path / "prompted.txt").write_text("query: how tall is the tower")
    options = (*MINILM, "--kind", "query", "--no-store", "--output", tmp_path / "v.npy")
    facts = answer("embed", *options, "--input", tmp_path / "bare.txt", "--query-prompt", "query: ")
    given = np.load(tmp_path / "v.npy")
    assert facts["query_prompt"] == "query: "
    assert answer("embed", *options, "--input", tmp_path / "prompted.txt")["query_prompt"] == ""
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), given, rtol=0, atol=1e-6)


def test_both_prompts_change_a_ranking_and_stand_in_its_facts(answer, labelled):
    facts = answer("evaluate", *MINILM, *labelled, "--query-prompt", "query: ", "--document-prompt", "passage: ")
    assert (facts["query_prompt"], facts["document_prompt"]) == ("query: ", "passage: ")


def test_bm25_takes_no_prompt(command):
    code, _, told = command("search", "--model", "bm25", "--query", "bank", "--query-prompt", "query: ")
    assert (code, "bm25 takes no prompts" in told) == (1, True)


def test_a_verdict_takes_a_prompt_for_each_model_by_its_name(answer, command):
    models = ("--models", "wordllama-256")
    facts = answer("verdict", *models, "--query-prompt", "wordllama-256=query: ")
    assert {row["model"]: row["query_prompt"] for row in facts["candidates"]}["wordllama-256"] == "query: "
    assert any("query prompt “query: ”" in line for line in facts["provenance"])
    code, _, told = command("verdict", *models, "--query-prompt", "query: ")
    assert (code, "Write --query-prompt NAME=PROMPT" in told) == (1, True)
    code, _, told = command("verdict", *models, "--query-prompt", "bge=query: ")
    assert (code, "not among --models" in told) == (1, True)


def test_a_verdict_takes_dimensions_for_all_models_or_for_one_by_its_name(answer, command, labelled):
    call = ("verdict", "--models", "wordllama-256", *labelled, "--dimensions")
    quality = answer("evaluate", "--model", "wordllama-256", *labelled, "--dimensions", 64)["ndcg@10"]
    for asked in ("64", "wordllama-256=64"):
        facts = answer(*call, asked)
        row = facts["candidates"][0]
        found = {key: row[key] for key in ("ndcg@10", "truncate_dim", "dimensions", "bytes_per_vector")}
        assert found == {"ndcg@10": quality, "truncate_dim": 64, "dimensions": 64, "bytes_per_vector": 256}
        assert any("first 64 dimensions" in line for line in facts["provenance"])
    for asked, sentence in {
        "some": "Write --dimensions 256",
        "bge=64": "not among --models",
        "1000": "choose 1 to 256 of them",
        "0": "choose 1 to 256 of them",
    }.items():
        code, _, told = command(*call, asked)
        assert (code, sentence in told) == (1, True), told


def test_evaluate_and_verdict_count_the_queries_that_a_model_does_not_understand(answer, command, labelled, tmp_path):
    labelled[3].write_text(f"_id,text\nq1,bank rates\nq2,{'word ' * 300}\nq3,ⵣⴰⵣ\n", encoding="utf-8")
    options, report = (*labelled, "--precision", "float32"), tmp_path / "v.html"
    facts = answer("evaluate", "--model", "all-MiniLM-L6-v2", *options)
    verdict = answer("verdict", "--models", "all-MiniLM-L6-v2", *options, "--html", report)
    for row in (facts, verdict["candidates"][0]):
        assert (row["truncated_queries"], row["unknown_queries"], row["truncated_texts"]) == (1, 1, 0)
    said = "1 of 3 queries is longer than the 256 tokens that all-MiniLM-L6-v2 reads"
    assert said in verdict["candidates"][0]["notes"]
    assert said in report.read_text(encoding="utf-8")
    assert said in " ".join(command("verdict", "--models", "all-MiniLM-L6-v2", *options)[2].split())
