"""The Projector page in-process: what it says and draws is what the core computes, whatever it is given."""

import base64
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import procrustes
from scipy.spatial.distance import cdist
from sklearn.manifold import trustworthiness
from streamlit.testing.v1 import AppTest

from core import corpus, embedding, models
from core.errors import InputError
from core.map_files import Space, space_parquet
from core.maps import Metric, Tsne, Umap
from core.maps.regions import characteristic_words, label_regions
from core.similarity import Similarity
from core.wording import in_ten, shorten
from pages.parts.projector import view_file
from pages.parts.projector.methods import Wanted
from pages.parts.projector.neighbours import Asked
from pages.parts.projector.sources import Source
from pages.shared import state
from pages.shared.ui.output import markdown_free
from tests.pages.conftest import open_page, said
from tests.pages.test_maps import opened

MINILM, WORDLLAMA = "all-MiniLM-L6-v2", "wordllama-256"
BOTH = [MINILM, WORDLLAMA]
FEW = corpus.sample().texts[::8]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "![a picture](http://127.0.0.1/x.png)",
    "%{x} <b>bold</b> **bold**",
    "bell\x07 and zero\x00",
    '=HYPERLINK("http://127.0.0.1")',
    ":material/home: :red[red] $x^2$",
)
ROWS = np.random.default_rng(3).normal(size=(40, 8)).astype(np.float32)


def projector(app: AppTest, **choices: object) -> AppTest:
    """The page of one quick model by the quickest method, but for other choices in its address."""
    app.query_params.update({"models": [WORDLLAMA], "method": "PCA", **choices})
    return open_page(app, "projector")


def pasted(app: AppTest, *texts: str, **choices: object) -> AppTest:
    projector(app, corpus="Paste", corpus_pasted="a text", **choices)
    return app.text_area(key="corpus_pasted").set_value("\n".join(texts)).run()


def uploaded(app: AppTest, *files: tuple[str, bytes], **choices: object) -> AppTest:
    projector(app, corpus="File", **choices)
    return app.file_uploader(key="corpus_upload").set_value([(*file, "") for file in files]).run()


def drawn(app: AppTest) -> list[np.ndarray]:
    """Where each text is drawn on each map, as it is sent to the browser."""
    header, parts = opened(_packet(app, "points"))
    frames = [(np.array(chart["centre"]), chart["reach"], chart["dimensions"]) for chart in header["maps"]]
    return [
        np.frombuffer(part, "<f4").reshape(header["count"], dimensions) * reach + centre
        for part, (centre, reach, dimensions) in zip(parts, frames, strict=False)
    ]


def colours(app: AppTest) -> np.ndarray:
    return np.frombuffer(opened(_packet(app, "colour"))[1][0], np.uint8)


def shown(app: AppTest) -> dict[str, Any]:
    """What is sent to the browser besides: marks, neighbours, matches, labels, the legend."""
    (view,) = [part.proto for part in app.get("bidi_component") if part.proto.component_name.endswith("maps")]
    content: dict[str, Any] = json.loads(view.json)
    return content


def _packet(app: AppTest, kind: str) -> bytes:
    packets = [part.proto.bytes for part in app.get("bidi_component") if part.proto.component_name.endswith("map_data")]
    (found,) = [packet for packet in packets if opened(packet)[0]["kind"] == kind]
    return bytes(found)


def sample_vectors(name: str) -> np.ndarray:
    return embedding.embed(corpus.sample().documents, models.get(name)).vectors


def nearest(vectors: np.ndarray, row: int, k: int) -> list[int]:
    cosines = vectors @ vectors[row]
    return [int(other) for other in np.argsort(-cosines, kind="stable") if other != row][:k]


def npy(vectors: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, vectors)
    return buffer.getvalue()


def test_of_many_categories_no_two_share_hue_and_shape_and_a_dozen_are_circles(app: AppTest) -> None:
    projector(app, models=[WORDLLAMA])
    legend = shown(app)["legend"]
    named = sorted(zip(legend["names"], legend["colours"], legend["shapes"], strict=True))
    assert len(named) == 24
    assert [shape for _, _, shape in named] == [0] * 12 + [1] * 6 + [2] * 6
    assert len({(colour, shape) for _, colour, shape in named}) == 24


def test_the_caption_tells_what_computed_the_map_and_how_long_each_step_took(app: AppTest) -> None:
    projector(app, method="UMAP", models=[WORDLLAMA])
    encoder = embedding.encoder(models.get(WORDLLAMA))
    facts = [WORDLLAMA, f"revision {encoder.revision[:14]}", "cpu", encoder.engine, encoder.precision]
    facts += ["compared by cosine", "648 texts"]
    told = re.escape(" · ".join(facts)) + r" · [\d.]+ m?s · [\w ,-]+ · UMAP by cosine"
    assert re.search(rf"{told} · neighbours [\d.]+ m?s · layout [\d.]+ m?s · map computed on the CPU", said(app))


@pytest.mark.parametrize(
    ("similarity", "metric"), [("dot", "cosine"), ("euclidean", "euclidean"), ("manhattan", "manhattan")]
)
def test_a_map_is_of_the_models_own_distance_unless_another_is_chosen(similarity: Similarity, metric: Metric) -> None:
    spec = replace(models.get(WORDLLAMA), similarity=similarity)
    source = Source("a model", np.ones((3, 2), np.float32), "", spec)
    assert Wanted("umap", Umap(), 2, ()).settings_for(source) == Umap(metric=metric)
    assert Wanted("tsne", Tsne(), 2, (), "cosine").settings_for(source) == Tsne(metric="cosine")
    assert Asked(5, None).metric_for(source) == metric


def test_a_model_of_the_dot_product_is_mapped_by_cosine_and_it_is_said(app: AppTest, models_of_functions: Path) -> None:
    projector(app, models=["folder:dot"], precision="float32")
    assert "compares by dot product, which is no distance: its neighbours and its map are by cosine." in said(app)


def test_trust_is_what_scikit_learn_measures_on_the_points_that_are_drawn(app: AppTest) -> None:
    projector(app)
    vectors, (places,) = sample_vectors(WORDLLAMA), drawn(app)
    k = 15
    truth, here = cdist(vectors, vectors), cdist(places, places)
    for distances in (truth, here):
        np.fill_diagonal(distances, np.inf)
    both = [np.intersect1d(a[:k], b[:k]).size for a, b in zip(truth.argsort(1), here.argsort(1), strict=True)]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Trust"] == f"{trustworthiness(vectors, places, n_neighbors=k):.3f}"
    assert figures["Continuity"] == f"{trustworthiness(places, vectors, n_neighbors=k):.3f}"
    assert figures["Recall"] == f"{np.mean(both) / k:.0%}"
    assert "Measured on all 648 texts, 15 neighbours each." in said(app)
    answer = re.search(r"this map of 648 texts[\w ,]*: (.*) true neighbours stay nearest\.</p>", said(app))
    assert answer
    assert answer[1] == in_ten(float(np.mean(both)) / k)


def test_two_models_are_measured_and_linked_side_by_side(app: AppTest) -> None:
    pasted(app, *FEW, models=BOTH, map_models=BOTH)
    app.session_state[state.Projector.SELECTION] = _marked(app, 30)
    app.run()
    first, second = drawn(app)
    (_, told) = [chart["title"] for chart in opened(_packet(app, "points"))[0]["maps"]]
    assert told == f"{WORDLLAMA} · residual {procrustes(first, second)[2]:.2f}"
    assert "points are drawn" not in said(app)
    assert "Residual: the share of the map's spread that still differs" in said(app)
    assert [said(app).count(f"**{markdown_free(name)}**\n") for name in (MINILM, WORDLLAMA)] == [1, 1]
    vectors = {name: embedding.embed(FEW, models.get(name)).vectors for name in BOTH}
    lists = {name: nearest(vectors[name], 30, 10) for name in vectors}
    assert shown(app)["neighbours"]["rows"] == lists[MINILM]
    same = len({*lists[MINILM]} & {*lists[WORDLLAMA]})
    assert f"{same} of the 10 are the same for all 2 models." in said(app)
    under: Any = next(group for group in app.get("button_group") if group.key == "neighbours_under_point")
    for name, choice in ((MINILM, 0), (WORDLLAMA, 1)):
        under.set_value(choice).run()
        table = next(table.value for table in app.dataframe if "1 - cos" in table.value)
        assert list(table["Text"]) == [shorten(FEW[row], 60) for row in lists[name]]
        expected = [1 - vectors[name][30] @ vectors[name][row] for row in lists[name]]
        np.testing.assert_allclose(table["1 - cos"], expected, atol=1e-6)


def test_agreement_is_the_share_of_neighbours_that_both_models_have(app: AppTest) -> None:
    pasted(app, *FEW, models=BOTH, map_models=BOTH, colour="agreement of the models", k="7")
    first, second = (embedding.embed(FEW, models.get(name)).vectors for name in BOTH)
    shares = np.array([len({*nearest(first, row, 7)} & {*nearest(second, row, 7)}) / 7 for row in range(len(FEW))])
    assert [part.value for part in app.metric if part.label == "Shared neighbours"] == [f"{shares.mean():.0%}"]
    listed = next(table.value for table in app.dataframe if "Shared" in table.value)
    np.testing.assert_allclose(listed["Shared"], np.sort(shares)[:50], atol=1e-6)
    assert shown(app)["legend"]["ticks"] == ["0%", "50%", "100%"]
    np.testing.assert_allclose(colours(app) / 254, shares, atol=0.01)


def test_a_marked_points_neighbours_are_by_the_distance_asked_for_and_false_and_torn_ones_are_told(
    app: AppTest,
) -> None:
    uploaded(app, ("vectors.npy", npy(ROWS)), k="7", metric="Euclidean", edges="true")
    app.session_state[state.Projector.SELECTION] = _marked(app, 4)
    app.run()
    truth, here = (np.linalg.norm(places - places[4], axis=1) for places in (ROWS, drawn(app)[0]))
    near, beside = np.argsort(truth)[1:16].tolist(), np.argsort(here)[1:16].tolist()
    told = shown(app)
    assert told["neighbours"]["rows"] == near[:7]
    assert told["look"]["edges"]
    np.testing.assert_allclose(app.dataframe[0].value["Distance"], truth[near[:7]], rtol=1e-5)
    assert told["neighbours"]["false"] == [[row for row in beside if row not in near]]
    assert told["neighbours"]["torn"] == [[row for row in near if row not in beside]]
    wrong = len({*near} - {*beside})
    assert f"{wrong} of its 15 nearest points are false neighbours" in said(app)


def test_size_names_and_what_stands_under_the_pointer_are_of_choice(app: AppTest) -> None:
    texts = corpus.sample()
    projector(app, size="6.5", labels="dense regions", hover="subject")
    told = shown(app)
    assert told["look"]["size"] == 6.5
    regions = label_regions(drawn(app)[0], texts.texts)
    assert [label["text"] for label in told["labels"]] == [", ".join(region.words[:3]) for region in regions]
    assert gzip.decompress(opened(_packet(app, "points"))[1][2]).decode() == "".join(texts.fields["subject"])


def test_three_models_agreement_is_a_matrix() -> None:
    def script() -> None:
        import numpy

        from pages.parts.projector.disagreement import _show_shares

        _show_shares(["a", "b", "c"], numpy.array([[1, 0.5, 0.2], [0.5, 1, 0.3], [0.2, 0.3, 1]]), 10)

    (matrix,) = AppTest.from_function(script).run().dataframe
    assert list(matrix.value[""]) == ["a", "b", "c"]
    assert matrix.value["c"].tolist() == [0.2, 0.3, 1]


def test_a_map_that_cannot_place_a_typed_text_says_so_and_puts_it_among_its_neighbours(app: AppTest) -> None:
    texts = corpus.sample()
    projector(app, method="UMAP", find=texts.documents[17])
    ((star,),) = [shown(app)["typed"]["places"]]
    places = drawn(app)[0]
    np.testing.assert_allclose(star, places[17], atol=0.02 * np.ptp(places))
    assert "This map can't place a new text itself: the star is placed among its true neighbours." in said(app)


def test_of_many_rows_a_sample_is_measured_and_its_interval_told(app: AppTest) -> None:
    uploaded(app, ("many.npy", npy(np.random.default_rng(1).normal(size=(2500, 4)).astype(np.float32))))
    assert "Measured on 2,000 of 2,500 texts against all, 15 neighbours each; 95% intervals: trust 0." in said(app)


def test_very_many_rows_are_all_drawn_and_the_page_says_how(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.projector.map_view.packing.MOST_HOVER_ROWS", 647)
    projector(app)
    assert "All 648 points are drawn; in 2D" in said(app)
    assert len(drawn(app)[0]) == 648


def test_a_selection_in_a_large_corpus_is_named_by_the_words_of_texts_at_even_steps(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.projector.panel.MOST_COUNTED", 300)
    texts = corpus.sample()
    rows = [row for row, subject in enumerate(texts.fields["subject"]) if subject == "football"]
    projector(app, selected=in_address(rows, len(texts)))
    (words,) = characteristic_words(texts.texts[::3], [np.array([row // 3 for row in rows if row % 3 == 0])])
    told = said(app)
    assert f"{len(rows)} texts selected" in told
    assert f"Characteristic words: {', '.join(words)}" in told
    assert f"Words counted in {sum(row % 3 == 0 for row in rows)} of them: one in 3 of all 648 texts." in told


def test_a_selection_of_which_no_text_is_counted_says_so(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.projector.panel.MOST_COUNTED", 300)
    projector(app, selected=in_address([1], len(corpus.sample())))
    assert "Words counted in 0 of them: one in 3 of all 648 texts." in said(app)
    assert "Characteristic words" not in said(app)


def test_what_was_left_out_is_counted_and_said(app: AppTest) -> None:
    pasted(app, "one apple", "", "two pears", "   ", "three plums", "four figs")
    assert "blank texts (2)" in said(app)
    assert len(drawn(app)[0]) == 4


def test_vectors_that_are_not_finite_are_left_out_and_zeros_counted(app: AppTest) -> None:
    vectors = ROWS.copy()
    vectors[:3, 2] = np.nan
    vectors[7] = 0
    uploaded(app, ("vectors.npy", npy(vectors)))
    assert "rows whose vector is missing or not finite (3)" in said(app)
    assert "all-zero rows, kept although they have no direction (1)" in said(app)
    assert len(drawn(app)[0]) == 37


def test_the_vectors_that_the_embed_page_offers_are_drawn_alike_from_each_of_its_files(
    app: AppTest, another_app: AppTest, downloads: dict[str, Callable[[], Any]]
) -> None:
    open_page(app, "embed")
    files = {ending: downloads[f"embeddings-{MINILM}.{ending}"]() for ending in ("npy", "csv", "jsonl")}
    maps = []
    for ending, content in files.items():
        maps.append(drawn(uploaded(another_app, (f"v.{ending}", content)))[0])
        assert MINILM not in said(another_app)
        assert WORDLLAMA not in said(another_app)
    for other in maps[1:]:
        np.testing.assert_allclose(other, maps[0], atol=1e-5)


NAMES = [f"word number {row}" for row in range(len(ROWS))]


def in_lines(lines: Iterable[str]) -> bytes:
    return "\n".join(lines).encode()


def parquet(columns: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[int], list[tuple[str, bytes]]]] = {
    "texts": lambda count: [("a.csv", in_lines(["text", *NAMES[:count]]))],
    "JSON lines": lambda count: [
        ("b.jsonl", in_lines(json.dumps({"text": NAMES[row], "vector": ROWS[row].tolist()}) for row in range(count)))
    ],
    "Parquet": lambda count: [("b.parquet", parquet({"text": NAMES[:count], "vector": list(ROWS[:count])}))],
    "vectors and texts": lambda count: [
        ("tensors.tsv", in_lines("\t".join(map(str, row)) for row in ROWS[:count])),
        ("metadata.tsv", in_lines(NAMES[:count])),
    ],
}


def test_files_of_one_format_after_another_are_drawn_row_by_row(app: AppTest) -> None:
    projector(app, corpus="File")
    for count, (kind, files_of) in enumerate(FORMATS.items(), 9):
        app.file_uploader(key="corpus_upload").set_value([(*file, "") for file in files_of(count)]).run()
        app.session_state[state.Projector.SELECTION] = _marked(app, count - 2)
        app.run()
        assert not app.exception
        assert app.main.text[0].value == NAMES[count - 2], kind
        vectors = embedding.embed(NAMES[:count], models.get(WORDLLAMA)).vectors if kind == "texts" else ROWS[:count]
        left, values, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
        np.testing.assert_allclose(np.abs(drawn(app)[0]), np.abs(left * values)[:, :2], atol=1e-3, err_msg=kind)


@pytest.mark.parametrize("method", ["PCA", "UMAP", "t-SNE", "Axes"])
@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_texts_are_a_map_or_a_sentence(app: AppTest, method: str, count: int) -> None:
    pasted(app, *["an apple", "a pear tree", "the moon", "old stones"][:count], method=method)
    assert not app.exception
    least = {"PCA": 2, "UMAP": 4, "t-SNE": 4, "Axes": 1}[method]
    if count < least:
        assert f"at least {least} texts; there are {count}" in app.error[0].value
    else:
        assert not app.error
        assert len(drawn(app)[0]) == count


@pytest.mark.parametrize("method", ["PCA", "UMAP", "t-SNE"])
@pytest.mark.parametrize(
    "vectors",
    [np.ones((12, 6), np.float32), np.random.default_rng(0).normal(size=(9, 5000)).astype(np.float32)],
    ids=["identical rows", "5,000 dimensions"],
)
def test_odd_vectors_are_a_map(app: AppTest, method: str, vectors: np.ndarray) -> None:
    uploaded(app, ("odd.npy", npy(vectors)), method=method)
    assert not app.exception
    assert not app.error
    assert np.isfinite(drawn(app)[0]).all()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "is empty"),
        ("nothing.csv", b"text\n", "No text found"),
        ("none.npy", npy(np.empty((0, 4), np.float32)), "contains no vectors"),
        ("nan.npy", npy(np.full((5, 3), np.nan)), "has no row of finite numbers"),
        ("deep.npy", npy(np.zeros((2, 2, 2))), "has 3 dimensions"),
        ("objects.npy", npy(np.array([[{}]], object)), "contains Python objects"),
        ("torn.npy", npy(ROWS)[:-5], "is damaged"),
        ("torn.tsv", b"1\t2\n3\tfour\n", "Line 2 of torn.tsv contains 'four'"),
    ],
)
def test_a_file_that_cannot_be_drawn_is_a_sentence(app: AppTest, name: str, content: bytes, sentence: str) -> None:
    uploaded(app, (name, content))
    assert not app.exception
    assert sentence in app.error[0].value.replace("\\", "")


def test_hostile_texts_are_shown_as_they_are_wherever_they_appear(app: AppTest) -> None:
    table = [f"text,![a](b) <b>col</b>\n{json.dumps('tame')},x"]
    table += ['"' + text.replace('"', '""') + '","' + text.replace('"', '""') + '"' for text in HOSTILE]
    uploaded(app, ("<b>![x](y)</b>.csv", "\n".join(table).encode()))
    kept = [re.sub("[\x00\x07]", "", text) for text in HOSTILE]
    for row, text in enumerate(kept, 1):
        app.session_state[state.Projector.SELECTION] = _marked(app, row)
        app.run()
        assert not app.exception
        assert app.main.text[0].value == text
    app.text_input(key="find").set_value(kept[0])
    find_by: Any = next(group for group in app.get("button_group") if group.key == "find_by")
    find_by.set_value("Words").run()
    assert "**1 of 7 texts** contain" in said(app)
    unescaped = re.sub(r"\\.|</?p( class=.*?)?>", "", said(app)).replace(":material/filter_alt:", "")
    assert not [markup for markup in ("![", "<", "bold**", ":red", "$x", ":material/") if markup in unescaped]
    assert "%{x} <b>bold</b> **bold**" in json.dumps(shown(app)["legend"]["names"])


def in_address(rows: list[int], count: int) -> str:
    """A selection as a link tells it."""
    bits = np.zeros(count, bool)
    bits[rows] = True
    return base64.urlsafe_b64encode(zlib.compress(np.packbits(bits).tobytes())).decode().rstrip("=")


def _marked(app: AppTest, row: int) -> tuple[str, Any]:
    from pages.parts.projector import map_view

    fingerprint = opened(_packet(app, "points"))[0]["rows"]
    return fingerprint, map_view.Marks(row, [0, row])


@pytest.mark.parametrize(
    ("way", "where", "pattern", "expected"),
    [
        ("Words", "text", "Honey", lambda text, subject: "honey" in text.lower()),
        ("Words", "subject", "music", lambda text, subject: subject == "music"),
        ("Regex", "text", r"\bdogs?\b.*\bcool", lambda text, subject: re.search(r"\bdogs?\b.*\bcool", text, re.I)),
        ("Regex", "subject", "^(music|law)$", lambda text, subject: subject in ("music", "law")),
    ],
)
def test_words_and_expressions_find_the_rows_that_hold_them(
    app: AppTest, way: str, where: str, pattern: str, expected: Any
) -> None:
    texts = corpus.sample()
    projector(app, find=pattern, find_by=way, find_in=where)
    rows = [row for row in range(len(texts)) if expected(texts.texts[row], texts.fields["subject"][row])]
    assert f"**{len(rows)} of 648 texts** contain" in said(app)
    assert list(app.dataframe[0].value["Text"]) == [texts.titles[row] for row in rows]
    assert sorted(shown(app)["matches"].get("rows", rows)) == rows


def test_a_broken_expression_is_a_sentence_and_the_map_stays(app: AppTest) -> None:
    projector(app, find="bees(", find_by="Regex")
    assert "This is not a regular expression" in app.warning[0].value.replace("\\", "")
    assert not app.exception
    assert len(drawn(app)[0]) == 648


def test_a_typed_text_stands_exactly_where_principal_components_put_it(app: AppTest) -> None:
    pasted(app, *FEW, models=BOTH, map_models=BOTH, find=FEW[17])
    stars = np.array(shown(app)["typed"]["places"])
    np.testing.assert_allclose(stars, [places[17] for places in drawn(app)], atol=2e-3)
    assert "Placed exactly, by the map's own axes." in said(app)
    listed = next(table.value for table in app.dataframe if "1 - cos" in table.value)
    assert listed["Text"][0] == shorten(FEW[17], 60)


def test_components_are_chosen_and_their_axes_tell_their_shares(app: AppTest) -> None:
    projector(app)
    first = drawn(app)[0]
    app.selectbox(key="component_x").set_value("PC3").run()
    centred = sample_vectors(WORDLLAMA) - sample_vectors(WORDLLAMA).mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    now = drawn(app)[0]
    np.testing.assert_allclose(np.abs(now[:, 0]), np.abs(left[:, 2] * values[2]), atol=1e-3)
    np.testing.assert_allclose(now[:, 1], first[:, 1], atol=1e-3)
    share = values[2] ** 2 / np.square(values).sum()
    assert opened(_packet(app, "points"))[0]["maps"][0]["axes"][0] == f"PC3 ({share:.1%} of the variance)"


def test_axes_of_ones_own_run_from_one_text_to_the_other(app: AppTest) -> None:
    texts = corpus.sample().documents
    ends = {"axis_x_from": texts[0], "axis_x_to": texts[100], "axis_y_from": texts[200], "axis_y_to": texts[300]}
    projector(app, method="Axes", **{name: text[:500] for name, text in ends.items()})
    places = drawn(app)[0]
    assert places[0, 0] < places[100, 0]
    assert places[200, 1] < places[300, 1]
    assert places[:, 0].argmin() in [0, *nearest(sample_vectors(WORDLLAMA), 0, 3)]


@pytest.mark.parametrize(
    ("space", "label"), [("Paste", "Your texts: pasted"), ("Files", "Your texts: sample"), ("x", "Your texts: sample")]
)
def test_a_link_made_when_the_projector_had_its_own_data_opens_the_same_kind(
    app: AppTest, space: str, label: str
) -> None:
    projector(app, space=space, corpus_pasted="a text")
    assert app.get("popover")[0].proto.popover.label == label


def test_a_moving_map_is_measured_once_it_stands_still(app: AppTest) -> None:
    pasted(app, *FEW, models=[WORDLLAMA], method="t-SNE", iterations="10000")
    assert "t-SNE is still moving the points of this map of 81 texts." in said(app)
    assert not app.metric
    stop = next(button for button in app.button if button.label == "Stop")
    stop.click().run()
    assert re.search(r"t-SNE: [\d,]{2,5} of 10,000 iterations", said(app))
    assert [metric.label for metric in app.metric] == ["Trust", "Continuity", "Recall"]


def test_numbers_of_an_old_link_open_as_the_whole_numbers_that_links_have_now(app: AppTest) -> None:
    projector(app, method="t-SNE", tsne_seed="11.0", iterations="50.0", perplexity="7.0")
    numbers = {field.label: field.value for field in app.number_input}
    assert numbers == {"Perplexity": 7, "Learning rate": None, "Iterations": 50, "Seed": 11}
    assert "t-SNE: 50 of 50 iterations" in said(app)


@pytest.mark.parametrize("camera", ["[[", "[" * 100_000], ids=["torn", "deep"])
def test_an_address_of_nonsense_is_a_page_without_it(app: AppTest, camera: str) -> None:
    nonsense = {"point": "nobody", "selected": "!!", "isolated": "AAAA", "camera": camera, "colour": "no", "k": "x"}
    projector(app, **nonsense, space="View", find_in="nowhere", find_by="Magic", component_x="PC99", umap_seed="-1")
    assert not app.exception
    assert not app.error
    assert len(drawn(app)[0]) == 648


def test_cancelled_layouts_can_be_gone_on_with(app: AppTest) -> None:
    projector(app)
    app.session_state["cancelled_layout"] = True
    app.run()
    assert "Cancelled" in app.info[0].value
    app.button(key="go_on_layout").click().run()
    assert len(drawn(app)[0]) == 648


def test_coordinates_that_were_given_are_drawn_as_they_are(app: AppTest) -> None:
    uploaded(app, ("given.csv", b"text,x,y\na,0,1\nb,2.5,-3\nc,,4\n"), method="")
    np.testing.assert_allclose(np.asarray(drawn(app)[0]), np.array([[0, 1], [2.5, -3]]), atol=1e-5)
    assert "rows whose coordinates are missing or not finite (1)" in said(app)
    assert "map quality can't be measured without the original vectors" in said(app)


def view_archive(space: Space | None, description: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(view_file.VIEW, description)
        if space:
            archive.writestr(view_file.DATA, space_parquet(space))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04 torn",
        view_archive(None, "{}"),
        view_archive(None, '{"schema_version": 2, "choices": {}, "marked": {}}'),
        view_archive(None, '{"choices": {"method": "magic"}, "marked": {}}'),
        view_archive(None, '{"choices": {"umap_neighbours": 1e9}, "marked": {}}'),
    ],
)
def test_a_file_that_is_no_view_is_a_sentence(content: bytes) -> None:
    with pytest.raises(InputError, match="is not a view saved on this page"):
        view_file.unpack("view.zip", content)


def test_a_view_that_was_saved_before_a_choice_was_renamed_opens_as_it_was(app: AppTest) -> None:
    projector(app)
    view = view_archive(None, '{"choices": {"k": 7}, "marked": {"point": 4}}')
    app.file_uploader(key="view_file").set_value(("view.zip", view, "")).run()
    assert shown(app)["neighbours"]["rows"] == nearest(sample_vectors(WORDLLAMA), 4, 7)


def test_a_view_keeps_the_prompts_and_the_dimensions(app: AppTest, another_app: AppTest, downloads: Any) -> None:
    asked = {state.EveryPage.DOCUMENT_PROMPT(WORDLLAMA): "passage: ", state.EveryPage.DIMENSIONS(WORDLLAMA): "64"}
    projector(app, **asked)
    view = downloads["view.zip"]()
    assert "first 64 dimensions" in said(app)
    projector(another_app)
    assert "first 64 dimensions" not in said(another_app)
    another_app.file_uploader(key="view_file").set_value(("view.zip", view, "")).run()
    for fact in ("document prompt “passage: ”", "first 64 dimensions"):
        assert f"· {fact} ·" in said(another_app).replace("\\", "")


def test_a_view_brings_its_own_data_and_passes_over_rows_that_are_not_there(app: AppTest) -> None:
    marked = '{"point": 99, "selected": [3, 99, -1], "isolated": null, "camera": null}'
    view = view_archive(
        Space(corpus.from_paste("a\nb\nc\nd\ne")), f'{{"choices": {{"dimensions": 3}}, "marked": {marked}}}'
    )
    projector(app)
    app.file_uploader(key="view_file").set_value(("view.zip", view, "")).run()
    assert not app.exception
    assert drawn(app)[0].shape == (5, 3)
    assert shown(app)["marks"] == {"point": None, "selected": {"bits": "CA=="}, "isolated": None}


@pytest.mark.parametrize(
    ("choices", "marked"),
    [
        ({"method": "pca", "component_x": "PC99", "component_y": "<b>"}, {}),
        ({"map_models": ["unknown"]}, {}),
        ({"colour": "?", "labels": "?", "hover": "?", "find": "x", "find_in": "?", "find_by": "Words"}, {}),
        ({"method": "given"}, {"point": 2**70, "selected": [2**70, -1]}),
        ({}, {"isolated": [], "camera": {"points": "?", "maps": [{"x": 1e308}, None]}}),
    ],
    ids=["components", "models", "columns", "rows", "camera"],
)
def test_a_view_of_what_is_not_there_is_the_page_without_it(
    app: AppTest, choices: dict[str, Any], marked: dict[str, Any]
) -> None:
    projector(app)
    view = view_archive(None, json.dumps({"choices": choices, "marked": marked}))
    app.file_uploader(key="view_file").set_value(("view.zip", view, "")).run()
    assert not app.exception
    assert not app.error
    assert len(drawn(app)[0]) == 648


def test_a_selection_that_is_too_long_for_a_link_says_so(app: AppTest) -> None:
    source = """
import numpy as np
from core import corpus
from pages.parts.projector import map_view, selection
texts = corpus.from_paste("\\n".join(str(number) for number in range(20_000)))
rows = np.flatnonzero(np.random.default_rng(0).random(20_000) < 0.5)
selection.restore(texts, map_view.Marks(None, rows, None), None)
selection.write_address(texts)
"""
    page = AppTest.from_string(source).run()
    assert "too long for a link, and a reload loses them: save the view instead" in page.caption[0].value


def test_marks_of_the_map_count_without_a_callback_and_only_once() -> None:
    """Streamlit drops a callback that the next gesture interrupts; a mark made here later is not undone by the map."""
    source = """
import streamlit as st
from core import corpus
from pages.parts.projector import selection
from pages.shared import state
texts = corpus.from_paste("one\\ntwo\\nthree")
sent = {"serial": 1, "rows": texts.fingerprint, "point": 2, "selected": {"rows": [0, 1]}, "isolated": None}
if st.checkbox("gesture"):
    st.session_state[state.Projector.MAP] = {"marks": sent}
if st.checkbox("among other rows"):
    st.session_state[state.Projector.MAP] = {"marks": {**sent, "serial": 2, "point": 1, "rows": "of other texts"}}
has_news = selection.watch(texts)
st.button("point at the first", on_click=selection.point_at, args=(texts, 0))
marked = selection.current(texts)
st.write(f"{marked.point} {list(map(int, marked.selected))} {has_news()}")
"""
    page = AppTest.from_string(source).run()
    assert page.markdown[0].value == "None [] False"
    page.checkbox[0].check().run()
    assert page.markdown[0].value == "2 [0, 1] False"
    page.button[0].click().run()
    assert page.markdown[0].value == "0 [0, 1] False"
    page.checkbox[1].check().run()
    assert page.markdown[0].value == "0 [0, 1] False"
