"""The Evaluate page in-process: its figures against pytrec_eval, scipy and the core; what visitors bring and mark."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytrec_eval
from scipy.stats import spearmanr
from streamlit.testing.v1 import AppTest

from core import cli, corpus, embedding, models, search
from core.corpus import judgements
from core.corpus.labels import as_beir, as_trec
from core.errors import InputError
from core.evaluation import Quality
from pages.parts.evaluate import downloads, measures
from pages.shared.labels import picker
from tests.pages.conftest import open_page, said

WORDLLAMA = models.get("wordllama-256")
DOCUMENTS = ["A cat sleeps on the mat.", "Shares fell on Monday.", "The bank raised its rates.", "Dogs chase cats."]
QUESTIONS = ["interest rates of a bank", "stock market losses", "a sleeping kitten"]
QRELS = {"1": {"3": 2, "2": 0}, "2": {"2": 1}, "3": {"1": 1, "4": 1, "99": 1}}


def open_view(app: AppTest, view: str, **choices: str) -> AppTest:
    app.query_params.update({"evaluate": view, "models": [WORDLLAMA.name], **choices})
    return open_page(app, "evaluate")


def own_corpus(app: AppTest) -> AppTest:
    """The page on a corpus of one's own, pasted."""
    app.query_params["corpus"] = "Paste"
    open_view(app, "Ranking")
    return app.text_area(key="corpus_pasted").set_value("\n".join(DOCUMENTS)).run()


def bring(app: AppTest, queries: tuple[str, bytes], qrels: tuple[str, bytes]) -> AppTest:
    """Bring a file of queries and one of labels."""
    app.button_group(key="labels").set_value("Files").run()
    uploader(app, "queries_upload").upload(*queries)
    uploader(app, "qrels_upload").upload(*qrels)
    app.run()
    assert not app.exception
    return app


def uploader(app: AppTest, key: str) -> Any:
    return next(one for one in app.file_uploader if one.key == key)


def table(app: AppTest, column: str) -> Any:
    """The table that has that column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def thumbs(app: AppTest) -> Any:
    """The first pair of buttons to mark with."""
    return next(group for group in app.button_group if (group.key or "").startswith("mark_"))


def figure(app: AppTest, key: str) -> Any:
    return next(json.loads(chart.proto.spec) for chart in app.get("plotly_chart") if f"-{key}" in chart.proto.id)


def by_trec_eval(qrels: dict[str, dict[str, int]], run: dict[str, dict[str, float]], measure: str) -> float:
    values = pytrec_eval.RelevanceEvaluator(qrels, {measure}).evaluate(run)
    name = measure.replace(".", "_")
    return float(np.mean([values.get(query, {name: 0})[name] for query in qrels]))


def run_of(documents: tuple[str, ...], names: list[str], questions: tuple[str, ...], ids: list[str]) -> Any:
    found = embedding.embed(documents, WORDLLAMA).vectors
    asked = embedding.embed(questions, WORDLLAMA, kind="query").vectors
    return search.nearest(asked, found, 100).as_run(ids, names)


def test_the_samples_systems_are_ranked_at_first_visit_by_trec_evals_figures(app: AppTest) -> None:
    open_view(app, "Ranking")
    texts, labels = corpus.sample(), corpus.sample_labels()
    run = run_of(texts.documents, list(texts.ids), labels.queries.texts, list(labels.queries.ids))
    measures = table(app, "System").set_index("System")
    assert set(measures.index) == {WORDLLAMA.name, "BM25", "Hybrid"}
    row = measures.loc[WORDLLAMA.name]
    qrels = {query: dict(grades) for query, grades in labels.qrels.items()}
    assert row["ndcg@10"] == pytest.approx(by_trec_eval(qrels, run, "ndcg_cut.10"), abs=1e-6)
    assert row["map@100"] == pytest.approx(by_trec_eval(qrels, run, "map_cut.100"), abs=1e-6)
    assert row["recall@10"] == pytest.approx(by_trec_eval(qrels, run, "recall.10"), abs=1e-6)
    assert row["ndcg@10 low"] < row["ndcg@10"] < row["ndcg@10 high"]
    best, following = (measures.iloc[place] for place in (0, 1))
    assert (
        f"{best.name} ranks best: nDCG@10 {best['ndcg@10']:.2f}, ahead of {following.name} "
        f"({following['ndcg@10']:.2f}) by "
    ) in said(app).replace("\\", "")
    how = next(fold for fold in app.expander if fold.label == "How this was computed")
    assert any("differences allowing for all 3 pairs compared (Tukey" in line.value for line in how.caption)
    assert not any("Tukey" in line.value for line in app.main.caption if line not in how.caption)


def test_the_headline_names_the_measure_and_the_next_and_all_differences_stand_below() -> None:
    def quality(*values: float) -> Quality:
        return Quality({"mrr@10": float(np.mean(values))}, {str(n): {"mrr@10": one} for n, one in enumerate(values)})

    best, next_best, equal = quality(*[0.9, 0.8] * 20), quality(*[0.5, 0.6] * 20), quality(*[0.8, 0.88] * 20)
    pair = {"b": next_best, "a": best}
    assert measures.sentence(pair, "mrr@10", "MRR@10") == (
        "a ranks best: MRR@10 0.85, ahead of b (0.55) by more than chance."
    )
    assert measures.differences(pair, "mrr@10").startswith("a is better than b by 0.30 (")
    assert measures.sentence({"c": equal, "a": best}, "mrr@10", "MRR@10") == (
        "a ranks best: MRR@10 0.85, ahead of c (0.84) by no more than chance."
    )
    few = {"a": quality(0.9), "b": quality(0.1), "c": quality(0.3)}
    assert measures.sentence(few, "mrr@10", "MRR@10") == (
        "a, c and b: one query is too few to tell a difference from chance."
    )
    assert measures.differences(few, "mrr@10") == ""
    assert measures.sentence({"a": best}, "mrr@10", "MRR@10").startswith("a reaches MRR@10 ")


def test_page_command_and_verdict_give_the_same_figures_for_the_same_files(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "corpus.csv": "_id,text\nd1,bank rates went up\nd9,bank rates went up\nd2,a cat sleeps\nq3,dogs chase cats\n"
        "d5,cats chase dogs\nd6,shares fell\n",
        "queries.csv": "_id,text\nq1,bank rates\nq2,a sleeping kitten\nq3,dogs chase cats\nq4,nobody asks\n",
        "qrels.tsv": "query-id\tcorpus-id\tscore\nq1\td1\t1\nq2\td2\t2\nq2\td5\t1\nq3\td5\t1\nq8\td2\t1\n",
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    app.query_params["corpus"] = "File"
    open_view(app, "Ranking")
    app.file_uploader[0].set_value([("corpus.csv", files["corpus.csv"].encode(), "")]).run()
    bring(app, *((name, files[name].encode()) for name in ("queries.csv", "qrels.tsv")))
    page = table(app, "System").set_index("System")
    prose = said(app).replace("\\", "")

    def answer(*arguments: str) -> Any:
        paths = [str(tmp_path / name) for name in files]
        options = ["--corpus", paths[0], "--queries", paths[1], "--qrels", paths[2], "--json"]
        monkeypatch.setattr("sys.argv", ["core", *arguments, *options])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            cli.main()
        return json.loads(capsys.readouterr().out)

    for system in ("BM25", WORDLLAMA.name):
        command = answer("evaluate", "--model", system if system != "BM25" else "bm25")
        row = page.loc[system]
        for measure in ("ndcg@10", "mrr@10", "map@100", "recall@10", "queries"):
            assert command[measure] == row[measure], (system, measure)
        assert command["ndcg@10_interval"] == [row["ndcg@10 low"], row["ndcg@10 high"]]
    verdict = answer("verdict", "--models", WORDLLAMA.name)
    for candidate in verdict["candidates"]:
        assert candidate["ndcg@10"] == page.loc[candidate["model"], "ndcg@10"]
    assert verdict["left_out"] == command["left_out"]
    for reason, count in command["left_out"].items():
        assert f"{reason} ({count})" in prose
    assert command["left_out"]["queries that are documents of the corpus, left out of their own results"] == 1
    assert (command["queries"], command["unlabelled_copies"]) == (3, 1)
    assert "1 relevant document has a copy in the corpus" in prose
    assert "BM25 counts stemmed English words" in prose
    assert answer("evaluate", "--model", "bm25")["words"] == "stemmed English words"


def test_recall_is_measured_down_to_the_rank_that_is_chosen(app: AppTest) -> None:
    open_view(app, "Ranking", recall_at="3")
    texts, labels = corpus.sample(), corpus.sample_labels()
    run = run_of(texts.documents, list(texts.ids), labels.queries.texts, list(labels.queries.ids))
    row = table(app, "System").set_index("System").loc[WORDLLAMA.name]
    qrels = {query: dict(grades) for query, grades in labels.qrels.items()}
    assert row["recall@3"] == pytest.approx(by_trec_eval(qrels, run, "recall.3"), abs=1e-6)


def test_queries_won_and_lost_are_sorted_by_the_difference_of_the_two_systems(app: AppTest) -> None:
    open_view(app, "Ranking")
    shown = table(app, "Difference")
    assert len(shown) == 192
    np.testing.assert_allclose(shown["Difference"], shown[WORDLLAMA.name] - shown["BM25"])
    assert shown["Difference"].is_monotonic_decreasing
    assert f"**{shown['Query'][0]}**" not in said(app).replace("\\", ""), "both lists are folded"
    app.selectbox(key="first").set_value("BM25").run()
    assert "Choose two different systems" in said(app)


@pytest.mark.parametrize("write", [as_beir, as_trec])
def test_own_corpus_queries_and_labels_are_measured_as_trec_eval_does(app: AppTest, write: Any) -> None:
    own_corpus(app)
    assert "There are no labels for pasted texts yet" in said(app)
    bring(app, ("queries.txt", "\n".join(QUESTIONS).encode()), ("labels.tsv", write(QRELS).encode()))
    run = run_of(tuple(DOCUMENTS), ["1", "2", "3", "4"], tuple(QUESTIONS), ["1", "2", "3"])
    row = table(app, "System").set_index("System").loc[WORDLLAMA.name]
    assert row["ndcg@10"] == pytest.approx(by_trec_eval(QRELS, run, "ndcg_cut.10"), abs=1e-6)
    assert row["recall@10"] == pytest.approx(by_trec_eval(QRELS, run, "recall.10"), abs=1e-6)
    assert "3 queries are too few to tell a difference from chance" in said(app)
    assert "relevant documents missing from the corpus, counted as not found (1)" in said(app).replace("\\", "")


def test_the_sample_has_its_labels_again_after_a_corpus_of_ones_own(app: AppTest) -> None:
    open_view(app, "Ranking")
    app.button_group(key="corpus").set_value("Paste").run()
    app.text_area(key="corpus_pasted").set_value("\n".join(DOCUMENTS)).run()
    assert app.button_group(key="labels").value == "Marked by clicking"
    app.button_group(key="corpus").set_value("Sample").run()
    assert not app.exception
    assert app.button_group(key="labels").value == "Sample"
    assert set(table(app, "System")["queries"]) == {192}


@pytest.mark.parametrize(
    ("qrels", "sentence"),
    [
        (b"x 0 3 1\n", "labels no query of queries.txt"),
        (b"1 0 nobody 1\n", "labels no document of pasted texts"),
        (b"1 0 3 1\n1 0 3 2\n", "two grades"),
        (bytes(range(256)) * 9, "labels.qrels"),
        (b"query-id\tcorpus-id\tscore\n", "labels no query"),
    ],
)
def test_labels_that_fit_nothing_are_a_sentence(app: AppTest, qrels: bytes, sentence: str) -> None:
    bring(own_corpus(app), ("queries.txt", "\n".join(QUESTIONS).encode()), ("labels.qrels", qrels))
    assert sentence in "\n".join(error.value for error in app.error).replace("\\", "")


def test_one_query_tells_nothing_and_says_so(app: AppTest) -> None:
    bring(own_corpus(app), ("q.txt", QUESTIONS[0].encode()), ("l.txt", b"1 0 3 1\n"))
    assert "one query is too few to tell a difference from chance" in said(app)
    assert len(table(app, "Difference")) == 1


def test_hostile_names_and_texts_are_shown_as_they_are(app: AppTest) -> None:
    evil = "![x](http://evil.example/a.png) <script>alert(1)</script> %{x}"
    own_corpus(app)
    app.text_area(key="corpus_pasted").set_value("\n".join([*DOCUMENTS, evil])).run()
    bring(app, ("q.csv", f'_id,text\n1,"{evil}"\n'.encode()), ("l.txt", b"1 0 5 1\n"))
    assert not app.error
    prose = said(app)
    assert "![x](" not in prose
    assert "<script>" not in json.dumps(figure(app, "gains"))
    assert table(app, "Difference")["Query"][0] == evil


def test_pairs_show_scipys_correlation_and_the_worst_first(app: AppTest) -> None:
    open_view(app, "Pairs")
    pairs = corpus.sample_pairs()
    ones, others = (embedding.embed(side, WORDLLAMA).vectors for side in (pairs.first, pairs.second))
    expected = spearmanr((ones * others).sum(axis=1), pairs.gold).statistic
    assert f"{WORDLLAMA.name} matches the gold scores with a Spearman correlation of {expected:.2f}." in said(
        app
    ).replace("\\", "")
    worst = table(app, "Ranked too high")["Ranked too high"].abs()
    assert worst.is_monotonic_decreasing
    scatter = figure(app, "scatter_")
    assert scatter["layout"]["xaxis"]["tickvals"] == [0, 1, 2]
    app.button_group(key="pairs_from").set_value("Typed").run()
    assert not app.exception
    assert len(table(app, "Ranked too high")) == 3
    app.text_area(key="pairs_typed").set_value("no pair").run()
    assert "Line 1 is not a pair" in app.error[0].value.replace("\\", "")


def test_without_labels_agreement_is_shown_and_a_mark_made_in_place_becomes_a_label_of_ones_own(
    app: AppTest, another_app: AppTest, home: Path
) -> None:
    open_view(app, "Agreement")
    offered = table(app, "Agreement")
    assert offered["Agreement"].round(2).is_monotonic_increasing
    assert re.search(r'class="answer".*wordllama-256 and BM25 agree at 0\.\d\d, where 1', said(app))
    assert re.search(r"\*\*1\*\* &ensp; :gray\[cos 0\.\d{3}\]", said(app)), "a score has its unit, as on Search"
    query = offered["Query"][0]
    document = thumbs(app).key.rpartition("_")[2]
    thumbs(app).set_value(1).run()
    assert not app.exception
    token = app.query_params["marks"]
    token = token[0] if isinstance(token, list) else token
    assert judgements.marks(token, corpus.sample().fingerprint) == {query: {document: 1}}
    assert "1 mark on 1 query so far" in said(app)
    assert "Mark which results are relevant to the query" in said(open_view(another_app, "Agreement"))
    app.button(key="measure_marks").click().run()
    assert not app.exception
    assert app.button_group(key="labels").value == "Marked by clicking"
    assert set(table(app, "System")["queries"]) == {1}


def test_marks_come_back_by_their_link_and_a_hostile_token_is_nobody(app: AppTest, home: Path) -> None:
    token, texts = judgements.new_token(), corpus.sample()
    judgements.mark(token, texts.fingerprint, "what cools a dog?", "animals-01", 1)
    open_view(app, "Ranking", labels="Marked by clicking", marks=token)
    assert list(table(app, "Difference")["Query"]) == ["what cools a dog?"]
    app.query_params["marks"] = "../../../etc/passwd"
    app.session_state["marks"] = ""
    app.run()
    assert not app.exception
    assert "There are no labels for sample corpus yet" in said(app)


def test_a_mark_that_cannot_be_kept_is_a_sentence(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    open_view(app, "Agreement")

    def full(*_: object) -> None:
        raise InputError("The disk is full.")

    monkeypatch.setattr(judgements, "mark", full)
    thumbs(app).set_value(1).run()
    assert not app.exception
    assert "The disk is full" in app.error[0].value


def test_compression_shows_every_code_with_its_bytes(app: AppTest) -> None:
    open_view(app, "Compression")
    shown = table(app, "Format")
    assert len(shown) == 20
    whole = shown.iloc[0]
    assert (whole["Format"], whole["Bytes per vector"]) == ("float32", 4 * 256)
    texts, labels = corpus.sample(), corpus.sample_labels()
    run = run_of(texts.documents, list(texts.ids), labels.queries.texts, list(labels.queries.ids))
    qrels = {query: dict(grades) for query, grades in labels.qrels.items()}
    assert whole["nDCG@10"] == pytest.approx(by_trec_eval(qrels, run, "ndcg_cut.10"), abs=1e-6)
    assert "keeps" in said(app)


def test_runs_are_taken_away_as_trec_eval_reads_them() -> None:
    labels = corpus.sample_labels()
    hits = search.Hits(np.array([[0, 1]] * 192), np.array([[0.5, 0.25]] * 192, np.float32))
    content = downloads.runs(labels, {"a/../b": hits}, list(corpus.sample().ids))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        assert "/" not in name
        run = pytrec_eval.parse_run(archive.read(name).decode().splitlines())
    assert len(run) == 192
    assert run["animals-1"] == {"animals-01": 0.5, "animals-02": 0.25}


def test_the_code_shows_queries_with_answers_among_other_documents() -> None:
    questions, documents, grades = picker.few(corpus.sample(), corpus.sample_labels())
    assert (len(questions), len(documents)) == (3, 8)
    assert all(any(row) and not all(row) for row in grades)
