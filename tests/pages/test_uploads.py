"""Uploads and typed texts: there after a visit to another page, or a sentence says that they are not."""

import gzip
import io
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import DeletedFile, UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest

from core import corpus
from core.errors import LimitError
from pages.shared import navigation, state, uploads
from pages.shared.ui.inputs import LONGEST_IN_URL
from tests.pages.conftest import open_page, said

TEXTS = "Owls hunt at night.\nCats sleep all day.\nShares fell on Monday."
QUERIES = ("asked.csv", b"_id,text\nq1,which bird hunts\nq2,what do cats do\n")
QRELS = ("graded.tsv", b"query-id\tcorpus-id\tscore\nq1\t1\t1\nq2\t2\t1\n")
PAIRS = ("pairs.csv", b"sentence1,sentence2,score\nA dog.,A hound.,5\nA dog.,A share.,0\nA cat.,A kitten.,4\n")
PASTED = {"corpus": "Paste", "corpus_pasted": TEXTS}


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.random.default_rng(0).random((60, 8), np.float32))
    return buffer.getvalue()


CASES: dict[str, tuple[str, dict[str, str], dict[str, tuple[str, bytes]], str, str]] = {
    "corpus": ("search", {"corpus": "File"}, {"corpus_upload": ("mine.csv", b"text\nOnly one.\n")},
               "Your texts: mine.csv", "Your texts: sample"),
    "vectors": ("projector", {"corpus": "File", "method": "PCA"}, {"corpus_upload": ("v.npy", npy())},
                "Your texts: v.npy", "Your texts: sample"),
    "texts to embed": ("embed", {"embed_from": "Your texts", "corpus": "File"},
                       {"corpus_upload": ("mine.csv", b"text\nOnly one.\n")},
                       "Your texts: mine.csv", "Your texts: sample"),
    "pairs": ("evaluate", {"evaluate": "Pairs", "pairs_from": "File"}, {"pairs_upload": PAIRS},
              "Pairs: file", "Pairs: sample"),
    "queries": ("evaluate", {"evaluate": "Agreement", "queries_from": "File", **PASTED},
                {"unlabelled_upload": QUERIES}, "Queries: file", "Queries: file"),
    "labels": ("evaluate", {"labels": "Files", **PASTED}, {"queries_upload": QUERIES, "qrels_upload": QRELS},
               "Labels: files", "Labels: none yet"),
}  # fmt: skip
SHOWN: dict[str, str] = {
    "corpus": "1 texts", "vectors": "60 points", "texts to embed": "1 texts, one embedding each.", "pairs": "3 pairs",
    "queries": "over 2 queries", "labels": "2 labelled queries",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_upload_is_there_after_a_visit_to_other_pages_and_a_link_says_that_it_is_not(
    app: AppTest, case: str
) -> None:
    page, address, files, label, label_without = CASES[case]
    opened(app, page, address)
    (sentence,) = [info.value for info in app.info if "is uploaded in this session" in info.value]
    assert "Links, reloads and restarts of the server lose uploads: upload it again under" in sentence
    assert not label_without or label_without in popovers(app)
    for key, file in files.items():
        app.file_uploader(key=key).upload(*file)
    app.run()
    assert SHOWN[case] in said(app)
    assert label in popovers(app)
    go(app, "models", "explain", page)
    assert not app.exception
    assert not app.error
    assert SHOWN[case] in said(app)
    assert label in popovers(app)
    assert {name for name, _ in files.values()} <= uploaded(app)


TYPED: dict[str, tuple[str, dict[str, str], str, str]] = {
    "texts to embed": ("embed", {}, "embed_texts", "An owl."),
    "texts to compare": ("similarity", {}, "similarity_texts", "An owl.\nA cat."),
    "queries to compare": ("similarity", {}, "similarity_queries", "An owl."),
    "pairs": ("evaluate", {"evaluate": "Pairs", "pairs_from": "Typed"}, "pairs_typed", "A|B|1\nA|C|0\nA|D|3"),
    "queries": ("evaluate", {"evaluate": "Agreement", "queries_from": "Paste"}, "queries_pasted", "An owl."),
    "a text to time": ("benchmark", {"benchmark": "Sweep", "sweep_texts": "My text"}, "sweep_text", "An owl."),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPED)
def test_a_typed_text_survives_other_pages_and_a_reload_and_what_does_not_is_said(
    app: AppTest, another_app: AppTest, case: str
) -> None:
    page, address, key, text = TYPED[case]
    opened(app, page, address)
    app.text_area(key=key).set_value(text).run()
    assert app.query_params[key] in (text, [text])
    app.text_area(key=key).set_value(f"{text}{'!' * LONGEST_IN_URL}").run()
    assert key not in app.query_params
    assert "Too long for a link: it stays in this session, and a reload loses it." in said(app)
    link = dict(app.query_params)
    go(app, "models", "explain", page)
    assert str(app.text_area(key=key).value).endswith("!!!")
    opened(another_app, page, link)
    assert "The texts of this link were too long for it" in said(another_app)
    another_app.text_area(key=key).set_value(text).run()
    assert "The texts of this link were too long for it" not in said(another_app)
    assert state.EveryPage.TOO_LONG(key) not in another_app.query_params


ODD = [
    ("empty.csv", b""), ("blank.csv", b"\n \n"), ("packed.csv", gzip.compress(b"text\none\n", mtime=0)),
    ("nul.tsv", b"\0\0\0\t\0\n"), ("array.jsonl", b'[{"text": "one"}]'), ("not.parquet", b"PAR1"),
    ("marks.csv", b'\xef\xbb\xbf\xef\xbb\xbf"text'), ("nan.jsonl", b'{"_id": NaN, "text": NaN, "score": NaN}\n'),
]  # fmt: skip
UPLOADERS = {
    "pairs_upload": ("evaluate", {"evaluate": "Pairs", "pairs_from": "File"}),
    "unlabelled_upload": ("evaluate", {"evaluate": "Agreement", "queries_from": "File", **PASTED}),
    "qrels_upload": ("evaluate", {"labels": "Files", **PASTED}),
    "corpus_upload": ("embed", {"embed_from": "Your texts", "corpus": "File"}),
}


@pytest.mark.parametrize("key", UPLOADERS)
def test_an_odd_file_in_any_uploader_is_one_sentence(app: AppTest, key: str) -> None:
    page, address = UPLOADERS[key]
    opened(app, page, address)
    for name, content in ODD:
        if key == "qrels_upload":
            app.file_uploader(key="queries_upload").set_value((*QUERIES, ""))
        given: Any = [(name, content, "")] if app.file_uploader(key=key).accept_multiple_files else (name, content, "")
        app.file_uploader(key=key).set_value(given).run()
        assert not app.exception, name
        (problem,) = app.error
        assert name.rsplit(".", 1)[0] in problem.value, name


def test_back_undoes_a_typed_text_and_forward_repeats_it_however_long(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, long = state.Embed.TYPED, "one of many words\n" * 100
    open_page(app, "embed")
    for typed in ("one\ntwo", long):
        app.text_area(key=texts).set_value(typed).run()
    monkeypatch.setattr(navigation, "is_history", lambda: True)
    for name, value, expected in (
        (texts, "one\ntwo", "one\ntwo"),
        (state.EveryPage.MODELS, "wordllama-256", "\n".join(corpus.EMBEDDED)),
        (state.EveryPage.TOO_LONG(texts), str(len(long)), long),
    ):
        app.query_params.clear()
        app.query_params[name] = value
        assert app.run().text_area(key=texts).value == expected


@pytest.mark.parametrize(
    ("page", "address", "key", "label", "most"),
    [
        ("models", {}, "filter", "Find", 80),
        ("projector", {"method": "Axes", **PASTED}, "axis_x_from", "X from", 500),
        ("projector", {"method": "PCA", "find_by": "Words", **PASTED}, "find", "Find", 2_000),
    ],
)
def test_a_text_that_is_too_long_is_cut_and_the_page_says_so(
    app: AppTest, page: str, address: dict[str, str], key: str, label: str, most: int
) -> None:
    opened(app, page, address)
    app.text_input(key=key).set_value("a" * 3_000).run()
    assert not app.exception
    assert f"{label} has 3,000 characters: only the first {most:,} are used." in [text.value for text in app.warning]
    assert app.text_input(key=key).value == "a" * most


def opened(app: AppTest, page: str, address: dict[str, Any]) -> None:
    app.query_params.update({"models": ["wordllama-256"], **address})
    open_page(app, page)


def go(app: AppTest, *pages: str) -> None:
    """Open pages one after the other; AppTest forgets a page's widgets a page late."""
    for page in pages:
        app.switch_page(f"pages/{page}.py").run()


def uploaded(app: AppTest) -> set[str]:
    """The names of the files that uploaders show, or sentences beside them."""
    values: list[Any] = [uploader.value for uploader in app.file_uploader]
    shown = [file.name for value in values if value for file in (value if isinstance(value, list) else [value])]
    return {*shown, *(str(element.value).removeprefix("Uploaded: ") for element in app.main.text)}


def popovers(app: AppTest) -> list[str]:
    found: list[str] = []

    def look_into(block: Any) -> None:
        proto: Any = getattr(block, "proto", None)
        if getattr(proto, "popover", None):
            found.append(proto.popover.label.replace("\\", ""))
        for child in getattr(block, "children", {}).values():
            look_into(child)

    look_into(app.main)
    return found


def test_the_link_to_judgements_is_in_the_address_of_every_page(app: AppTest) -> None:
    app.query_params["marks"] = "0" * 32
    opened(app, "search", PASTED)
    app.query_params.pop("marks")  # a browser empties the address from page to page
    go(app, "explain")
    assert app.query_params["marks"] in ("0" * 32, ["0" * 32])


@pytest.mark.parametrize("several", [True, False])
def test_files_that_went_with_their_server_count_as_none(monkeypatch: pytest.MonkeyPatch, several: bool) -> None:
    keys = state.Corpus.FILES
    monkeypatch.setattr(st, "session_state", {keys.UPLOADER: [DeletedFile("1")] if several else DeletedFile("1")})
    assert uploads.current(keys) == ()
    more = UploadedFile(UploadedFileRec("2", "mine.txt", "text/plain", b"An owl."), FileURLs())
    st.session_state[keys.UPLOADER] = [DeletedFile("1"), more]
    assert [upload.name for upload in uploads.current(keys)] == ["mine.txt"]


def test_an_upload_above_the_limit_is_refused_in_a_sentence_as_long_as_it_is_too_large(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_UPLOAD_MB", "1")
    monkeypatch.setattr("core.visitors.asking", lambda: "one")
    opened(app, "search", {"corpus": "File"})
    uploader = app.file_uploader(key="corpus_upload")
    uploader.upload("large.csv", b"text\n" + b"Owls hunt at night.\n" * 10**5)
    app.run()
    assert {error.value.replace("\\", "") for error in app.error} == {
        "Your uploads would total 2 MB, and the limit is 1 MB: remove a file first, or upload a smaller one."
    }
    monkeypatch.setenv("EMBEDSCOPE_VISITOR_UPLOAD_MB", "3")
    app.run()
    assert not app.error
    assert "Your texts: large.csv" in popovers(app)


def test_an_upload_that_no_session_has_any_more_counts_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_TOTAL_UPLOAD_MB", "1")
    monkeypatch.setattr("core.visitors.asking", lambda: "one")
    name, content = "large.csv", b"x" * 600_000
    first = uploads._upload("1", name, content)
    with pytest.raises(LimitError, match="The uploads of all visitors would total 1 MB, and the limit is 1 MB"):
        uploads._upload("2", name, content)
    garbage: list[object] = [first]
    garbage.append(garbage)  # as a session's state is, which only a collection finds
    del first, garbage
    assert uploads._upload("2", name, content).content == content
