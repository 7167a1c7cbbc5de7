"""The Search page: lists, moves, filters, marks, indexes and duplicates, in-process on small corpora."""

import html
import re
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore
from streamlit.testing.v1 import AppTest

from core import corpus, embedding, models, search
from core.errors import InputError
from core.search import KeywordIndex, fuse, nearest
from core.search.indexes import Index, Measured
from core.wording import ordinal
from pages.parts.search import cards as card_parts
from pages.parts.search import indexes
from tests.pages.conftest import code, open_page, said, words_of

WORDLLAMA = models.get("wordllama-256")
HOSTILE = '<img src=x onerror="f()"> ![](http://x/y.png) %{x} [a](javascript:b) :red[c]'


@pytest.fixture
def searching(app: AppTest) -> AppTest:
    """The page with the quick model alone, not yet run."""
    app.query_params["models"] = ["wordllama-256"]
    return app


def pasted(app: AppTest, texts: str) -> AppTest:
    app.query_params["corpus"] = "Paste"
    open_page(app, "search")
    app.text_area(key="corpus_pasted").set_value(texts).run()
    assert not app.exception
    return app


def bodies(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.main.get("html")]


def cards(app: AppTest) -> list[str]:
    """The cards' words, list after list."""
    found = [body for body in bodies(app) if "flex-wrap" in body]
    return [html.unescape(re.sub(r"<[^>]+>", " ", body)) for body in found]


def marked(app: AppTest) -> list[str]:
    return [html.unescape(part) for body in bodies(app) for part in re.findall(r"<mark[^>]*>(.*?)</mark>", body)]


def headings(app: AppTest) -> list[str]:
    return re.findall(r'<b style="font-size:1.15em">(.*?)</b>', "".join(bodies(app)))


def test_models_bm25_and_their_hybrid_stand_side_by_side(app: AppTest) -> None:
    open_page(app, "search")
    assert headings(app) == ["all-MiniLM-L6-v2", "wordllama-256", "BM25", "Hybrid"]
    assert len(cards(app)) == 4 * 5


def test_lists_are_those_of_the_core_and_ranks_are_compared_with_the_first(searching: AppTest) -> None:
    open_page(searching, "search")
    documents, query = corpus.sample(), searching.text_input(key="q").value or ""
    vectors = embedding.embed(documents.documents, WORDLLAMA).vectors
    by_model = nearest(embedding.embed([query], WORDLLAMA, kind="query").vectors, vectors, 100)
    by_words = KeywordIndex(documents.documents).search([query], 100)
    lists = [by_model, by_words, fuse([by_model, by_words], 100)]
    leaders = by_model.rows[0].tolist()
    shown = cards(searching)
    for place, hits in enumerate(lists):
        for rank in range(1, 6):
            row, score = int(hits.rows[0, rank - 1]), hits.scores[0, rank - 1]
            card = shown[5 * place + rank - 1]
            assert re.match(rf"\s*{rank}\s+{('cos', 'BM25', 'RRF')[place]} {score:#.3g}\s", card)
            assert documents.titles[row] in card
            if place:
                assert f" {move(leaders, row, rank)} " in card


def move(leaders: list[int], row: int, rank: int) -> str:
    """How a document's rank differs from that in the first list."""
    if row not in leaders:
        return "▲ from beyond 100th"
    before = leaders.index(row) + 1
    return "=" if before == rank else f"{'▲▼'[before < rank]} from {ordinal(before)}"


def test_green_is_for_what_is_relevant_not_for_a_move(searching: AppTest) -> None:
    open_page(searching, "search")
    shown = [body for body in bodies(searching) if "flex-wrap" in body]
    assert any("▲" in body or "▼" in body for body in shown)
    assert [card_parts.GREEN in body for body in shown] == ["✓ relevant" in body for body in shown]


def test_the_query_is_in_the_answer_only_while_presenting(searching: AppTest) -> None:
    searching.query_params["q"] = "how do *cats* sleep?"
    open_page(searching, "search")
    quoted = ">“how do *cats* sleep?”: "
    assert quoted not in said(searching).replace("\\", "")
    searching.query_params["present"] = "true"
    searching.session_state["present"] = True
    searching.run()
    assert quoted in said(searching).replace("\\", "")


def test_lists_are_short_while_presenting_and_there_is_nothing_to_press(searching: AppTest) -> None:
    open_page(searching, "search")
    usual = cards(searching)
    searching.query_params["present"] = "true"
    searching.session_state["present"] = True
    searching.run()
    (shown,) = (body for body in bodies(searching) if "short-lists" in body)
    titles = [html.unescape(title) for title in re.findall(r'class="title">(.*?)</span>', shown)]
    assert len(titles) == len(usual) == 15, "five of each of three systems"
    assert all(title in card for title, card in zip(titles, usual, strict=True))
    assert shown.count("✓ relevant") == sum("✓ relevant" in card for card in usual)
    assert len(cards(searching)) == 1
    assert not [button for button in searching.main.button if button.key != "leave_present"]


def test_the_agreement_of_lists_and_each_steps_time_are_told(searching: AppTest) -> None:
    open_page(searching, "search")
    overlaps, times = (frame.value for frame in searching.dataframe)
    values = overlaps.set_index("list")
    assert (np.diag(values) == 1).all()
    assert np.allclose(values, values.T)
    assert "agree most" in said(searching)
    assert list(times["list"]) == ["wordllama-256", "BM25", "Hybrid"]
    steps = ["embed the query", "search", "fuse"]
    assert times["total"].tolist() == pytest.approx(times[steps].sum(axis=1).tolist()), "highlighting is no search"
    assert (times["highlight the sentences"] > 0).any()
    assert "took longest to find its list" in said(searching)
    assert "Highlighting sentences took" in said(searching)
    assert times["search"].notna().tolist() == [True, True, False]
    assert times["fuse"].notna().tolist() == [False, False, True]


def test_the_sentence_that_answers_is_marked_by_cosine_and_by_words(searching: AppTest) -> None:
    pasted(searching, "It rained all day. A volcano spits hot lava. We had soup.\nThe market opens. Prices rise.")
    searching.text_input(key="q").set_value("eruption of a volcano").run()
    assert marked(searching)[0] == "A volcano spits hot lava."
    assert marked(searching).count("A volcano spits hot lava.") == 3


def test_results_are_on_the_page_before_sentences_are_highlighted(
    searching: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise InputError("Highlighting failed.")

    monkeypatch.setattr("pages.parts.search.lists.nearest_sentence", fail)
    searching.query_params["q"] = "a query whose sentences nobody has highlighted yet"
    open_page(searching, "search")
    assert len(cards(searching)) == 3 * 5
    assert "Highlighting failed." in [error.value for error in searching.error]


def test_while_models_read_a_corpus_of_ones_own_bm25_answers(
    searching: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[str] = []
    monkeypatch.setattr("pages.shared.ui.progress.PATIENCE_SECONDS", 0)
    monkeypatch.setattr("pages.shared.ui.output.answer", answers.append)
    pasted(searching, "The tide comes in twice a day.\nThe tide pool is left behind.")
    assert answers[-3] == "BM25 puts “The tide comes in twice a day.” first. The models have yet to read 2 texts."
    assert set(answers[-2:]) == {"All three systems put “The tide comes in twice a day.” first."}


def test_a_query_that_is_too_long_is_cut_with_a_sentence(searching: AppTest) -> None:
    open_page(searching, "search")
    searching.text_input(key="q").set_value("volcano " * 100).run()
    assert not searching.exception
    assert "Query has 800 characters: only the first 500 are used." in [told.value for told in searching.warning]
    assert len(searching.text_input(key="q").value or "") == 500
    searching.text_input(key="q").set_value("volcano").run()
    assert not searching.warning


def test_a_model_in_a_link_that_is_not_here_is_named_until_others_are_picked(searching: AppTest) -> None:
    searching.query_params["models"] = ["wordllama-256", "owner/unheard-of"]
    open_page(searching, "search")
    sentence = "This link also names owner/unheard-of, which this machine does not have"
    assert any(told.value.replace("\\", "").startswith(sentence) for told in searching.info)
    searching.text_input(key="q").set_value("volcano").run()
    assert any(told.value.replace("\\", "").startswith(sentence) for told in searching.info)
    searching.multiselect(key="models").set_value(["all-MiniLM-L6-v2"]).run()
    assert not any("owner" in told.value for told in searching.info)


def test_a_query_in_a_link_that_is_too_long_is_cut_with_a_sentence(searching: AppTest) -> None:
    searching.query_params["q"] = "volcano " * 100
    open_page(searching, "search")
    assert "Query has 800 characters: only the first 500 are used." in [told.value for told in searching.warning]


def test_scores_have_their_percentile_and_what_resembles_nothing_is_said(searching: AppTest) -> None:
    open_page(searching, "search")
    documents, queries = corpus.sample(), corpus.sample_queries()
    vectors = embedding.embed(documents.documents, WORDLLAMA).vectors
    asked = embedding.embed(queries.texts, WORDLLAMA, kind="query").vectors
    every = (asked @ vectors.T).ravel()
    query = searching.text_input(key="q").value or ""
    best = (embedding.embed([query], WORDLLAMA, kind="query").vectors @ vectors.T).max()
    (shown,) = re.findall(r"above ([\d.]+)% of random pairs", cards(searching)[0])
    assert float(shown) == pytest.approx(percentileofscore(every, best), abs=0.06)
    assert "of random pairs" not in "".join(cards(searching)[5:])
    assert answer(searching).startswith("Two of three systems put “Spring and summer run longer” first")
    assert answer(searching).endswith("Only that of wordllama-256 is relevant.</p>")
    for query, words in (("meeting agenda", " BM25 finds some of its words."), ("asdfgh", "")):
        searching.text_input(key="q").set_value(query).run()
        assert answer(searching) == (
            "Nothing here resembles the query: the best results are farther from it than these texts are from their "
            f"nearest neighbours.{words}</p>"
        )
    found = [body for body in bodies(searching) if "flex-wrap" in body]
    assert len(found) == 10, "of the model and of the hybrid"
    assert all("opacity:0.72" in body and "<mark" not in body for body in found)
    assert not any("of random pairs" in body for body in found), "no percentile speaks against the sentence"


def test_a_model_for_which_nothing_resembles_the_query_is_named_first_and_marks_no_sentence(app: AppTest) -> None:
    app.query_params["q"] = "zzzzzz"
    open_page(app, "search")
    assert answer(app).startswith("For all-MiniLM-L6-v2, nothing here resembles the query. wordllama-256 puts “")
    assert "disagree" not in answer(app)
    assert "Hybrid" not in answer(app)
    found = [body for body in bodies(app) if "flex-wrap" in body]
    assert all("opacity:0.72" in body and "<mark" not in body and "of random" not in body for body in found[:5])
    assert all("of random pairs" in body for body in found[5:10]), "of the other model"


def test_another_corpus_suggests_queries_of_its_own(searching: AppTest) -> None:
    pasted(searching, "\n".join(f"owl number {number} hunts at night" for number in range(12)))
    assert searching.text_input(key="q").value == "owl number 0 hunts at night"
    assert searching.pills(key="example").options[0] == "owl number 2 hunts at night"
    searching.segmented_control(key="corpus").set_value("Sample").run()
    assert searching.text_input(key="q").value == "keeping my puppy safe on hot summer days"


def test_marks_are_counted_undone_and_measured(searching: AppTest) -> None:
    open_page(searching, "search")
    toggles(searching)[0].set_value(1).run()
    toggles(searching)[1].set_value(0).run()
    (link,) = searching.main.get("page_link")
    assert link.proto.label == "2 marks on 1 query: evaluate"
    searching.button(key="undo_mark").click().run()
    (link,) = searching.main.get("page_link")
    assert link.proto.label == "1 mark on 1 query: evaluate"
    assert toggles(searching)[1].value is None
    searching.query_params |= dict(parse_qsl(link.proto.query_string))
    searching.switch_page("pages/evaluate.py").run()
    assert not searching.exception
    assert "1 labelled queries (judgements made by clicking)" in said(searching)


def toggles(app: AppTest) -> list[Any]:
    return list(app.get("feedback"))


def answer(app: AppTest) -> str:
    """The page's answer."""
    answers = [words_of(element) for element in app.main.markdown if '<p class="answer"' in element.value]
    return html.unescape(answers[0]).partition(">")[2]


def test_a_filter_is_applied_before_the_search_and_said(searching: AppTest) -> None:
    open_page(searching, "search")
    documents = corpus.sample()
    subject = "music" if "music" in documents.fields["subject"] else documents.fields["subject"][0]
    searching.multiselect(key="where_subject").set_value([subject]).run()
    rows = [row for row, of in enumerate(documents.fields["subject"]) if of == subject]
    assert f"Searching {len(rows)} of {len(documents)} texts: subject is {subject}." in said(searching).replace(
        "\\", ""
    )
    assert len(cards(searching)) >= 10
    titles = {documents.titles[row] for row in rows}
    assert all(any(title in card for title in titles) for card in cards(searching))
    assert searching.query_params["where_subject"] == subject


def test_numbers_are_filtered_by_a_span_and_a_filter_can_leave_nothing(searching: AppTest) -> None:
    table = pd.DataFrame(
        {"text": [f"text number {n}" for n in range(40)], "year": range(1980, 2020), "kind": ["a"] * 20 + ["b"] * 20}
    )
    searching.query_params["corpus"] = "File"
    open_page(searching, "search")
    searching.file_uploader[0].upload("dated.csv", table.to_csv(index=False).encode()).run()
    searching.slider(key="where_year").set_value((1985, 1990)).run()
    assert "Searching 6 of 40 texts: year from 1985 to 1990." in said(searching)
    searching.multiselect(key="where_kind").set_value(["b"]).run()
    assert not searching.exception
    assert "The filter leaves no text to search" in said(searching)


def test_fields_with_odd_names_and_values_are_filtered_by(searching: AppTest) -> None:
    name, value = "a&b=c <x> %{y} ![z](u)", "![x](http://x) & <b>"
    table = pd.DataFrame({"text": [f"text number {n}" for n in range(8)], name: [value, "other"] * 4})
    searching.query_params["corpus"] = "File"
    open_page(searching, "search")
    searching.file_uploader[0].upload("odd.csv", table.to_csv(index=False).encode()).run()
    searching.multiselect(key=f"where_{name}").set_value([value]).run()
    assert not searching.exception
    assert f"Searching 4 of 8 texts: {name} is {value}." in said(searching).replace("\\", "")


def test_a_mark_is_shown_in_every_list_and_is_taken_back(searching: AppTest) -> None:
    open_page(searching, "search")
    toggles: list[Any] = list(searching.get("feedback"))
    toggles[0].set_value(1).run()
    assert not searching.exception
    assert searching.query_params["marks"]
    document = toggles[0].key.rpartition("_")[2]
    toggles = list(searching.get("feedback"))
    values = {each.key: each.value for each in toggles}
    assert {value for key, value in values.items() if key.endswith(f"_{document}")} == {1}
    assert {value for key, value in values.items() if not key.endswith(f"_{document}")} == {None}
    toggles[0].set_value(None).run()
    toggles = list(searching.get("feedback"))
    assert {each.value for each in toggles} == {None}


def test_labels_give_quality_and_tick_the_answers(searching: AppTest) -> None:
    open_page(searching, "search")
    labels = corpus.sample_labels()
    name = labels.queries.ids[0]
    searching.text_input(key="q").set_value(labels.queries.texts[0])
    searching.segmented_control(key="k").set_value(10).run()
    titles = {corpus.sample().titles[corpus.sample().ids.index(answer)] for answer in labels.qrels[name]}
    ticked = [card for card in cards(searching) if "✓ relevant" in card]
    assert ticked
    assert all(any(title in card for title in titles) for card in ticked)
    assert all("nDCG@10" in body for body in bodies(searching) if "1.15em" in body)


@pytest.mark.parametrize("query", ["🎉🙂", "%{x}", "![](http://x)", HOSTILE, "word " * 2_000_000, "a\x00b", "=1+1"])
def test_odd_queries_find_something_and_break_nothing(searching: AppTest, query: str) -> None:
    pasted(searching, "first text\nsecond text")
    searching.text_input(key="q").set_value(query).run()
    assert not searching.exception
    assert not searching.error
    assert len(cards(searching)) >= 4


def test_hostile_texts_are_shown_as_they_are_and_as_nothing_else(searching: AppTest) -> None:
    pasted(searching, f"{HOSTILE}\nanother text")
    assert any(HOSTILE in card for card in cards(searching))
    assert not [body for body in bodies(searching) if "<img" in body]
    assert not [element.value for element in searching.main.markdown if "javascript" in element.value]


@pytest.mark.parametrize("texts", ["only one", "the same\nthe same\nthe same"], ids=["one text", "identical texts"])
@pytest.mark.parametrize("view", ["Results", "Indexes", "Duplicates"])
def test_the_smallest_and_the_dullest_corpus_have_all_views(searching: AppTest, view: str, texts: str) -> None:
    searching.query_params["view"] = view
    pasted(searching, texts)
    assert not searching.error
    assert searching.get("dataframe") or searching.info


def test_indexes_are_measured_against_the_exact_search(searching: AppTest) -> None:
    searching.query_params["view"] = "Indexes"
    open_page(searching, "search")
    table = searching.dataframe[0].value.set_index("index")
    assert list(table.index) == [
        "Exact", "HNSW", "int8", "Binary, rescored", "Binary, full vectors on disk", "First 128 of 256 dimensions",
        "First 64 of 256 dimensions",
    ]  # fmt: skip
    assert table.loc["Exact", "recall@10"] == 1
    assert " of what the exact search finds and scans " in answer(searching)
    assert table.loc["HNSW", "recall@10"] >= 0.98
    assert table.loc["Exact", "bytes per vector"] == 1024
    assert table.loc["int8", "bytes per vector"] == 256
    assert table.loc["Binary, rescored", "bytes per vector"] == 32
    vectors = embedding.embed(corpus.sample().documents, WORDLLAMA).vectors
    asked = embedding.embed(corpus.sample_queries().texts, WORDLLAMA, kind="query").vectors[:200]
    cut = search.nearest(asked[:, :64], vectors[:, :64] / np.linalg.norm(vectors[:, :64], axis=1, keepdims=True), 10)
    truth = search.nearest(asked, vectors, 10)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(cut.rows.tolist(), truth.rows.tolist(), strict=True)])
    assert table.loc["First 64 of 256 dimensions", "recall@10"] == pytest.approx(recall, abs=1e-3)


def test_indexes_are_presented_as_a_large_table(searching: AppTest) -> None:
    searching.query_params.update({"view": "Indexes", "present": "true"})
    pasted(searching, "\n".join(f"owl number {number} hunts at night" for number in range(12)))
    (large,) = searching.table
    assert list(large.value.index) == list(searching.dataframe[0].value["index"])
    assert large.value.loc["Exact", "Recall@10"] == "1.000"


def test_the_index_that_answers_scans_a_round_number_of_times_less() -> None:
    def measured(name: str, size: int, recall: float) -> Measured:
        return Measured(Index(name, size, 0.1, lambda asked, k: nearest(asked, asked, k), "by signs"), recall, 0.1)

    exact, binary = measured("Exact", 1024, 1.0), measured("Binary", 32, 0.99)
    assert indexes.sentence([exact, binary]) == (
        "Binary finds 99.0% of what the exact search finds and scans 32 times less memory (by signs)."
    )


def test_duplicates_near_ones_and_loners_are_listed(searching: AppTest) -> None:
    searching.query_params["view"] = "Duplicates"
    pasted(
        searching,
        "A red fox.\na  red FOX.\nA red fox!\nThe stock market fell.\nStock markets fell today.\nQuantum spin",
    )
    metrics = {metric.label: metric.value for metric in searching.metric}
    assert metrics["Texts"] == "6"
    assert metrics["Exact duplicates"] == "1"
    groups, pairs, loners = (frame.value for frame in searching.dataframe)
    assert set(groups[groups["group"] == 1]["text"]) == {"A red fox.", "a  red FOX.", "A red fox!"}
    assert pairs["cosine"].is_monotonic_decreasing
    assert (pairs["cosine"] >= 0.95).all()
    assert loners["text"][0] == "Quantum spin"
    assert len(loners) == 6
    searching.slider(key="near").set_value(0.7).run()
    assert len(searching.dataframe[1].value) >= len(pairs)


def test_without_duplicates_the_view_opens_at_the_nearest_pair_and_above_it_shows_the_nearest(
    searching: AppTest,
) -> None:
    searching.query_params["view"] = "Duplicates"
    open_page(searching, "search")
    vectors = embedding.embed(corpus.sample().documents, WORDLLAMA).vectors
    cosines = np.sort((vectors @ vectors.T)[np.triu_indices(len(vectors), 1)])[::-1]
    at = float(str(searching.slider(key="near").value))
    assert 0.7 < at <= cosines[0] < at + 0.01
    assert re.search(rf"[1-9]\d* pairs? at a cosine of {at:.2f} or more: ", answer(searching))
    searching.slider(key="near").set_value(0.95).run()
    assert answer(searching) == (
        f"No duplicates: no two texts reach a cosine of 0.95; the nearest pair has {cosines[0]:.2f}.</p>"
    )
    assert said(searching).count("0.95") == 1
    assert not searching.info
    assert searching.dataframe[0].value["cosine"].tolist() == pytest.approx(cosines[:5].tolist(), abs=1e-5)
    assert "threshold = 0.95" in code(searching)
