"""The corpus that pages share: sample, paste, files; columns, passages, and what is left out."""

import io
import json
from functools import partial
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import corpus, embedding, models
from core.corpus import Corpus
from core.map_files import Space
from core.models.tokenizer import load_tokenizer
from pages.shared import corpora
from pages.shared.corpora import skips
from tests.conftest import ROOT
from tests.pages.conftest import TIMEOUT_SECONDS, open_page, said

SEEN: list[Corpus] = []
ROWS = [
    {"_id": "owl", "title": "Owls", "text": "Owls hunt at night.", "kind": "bird"},
    {"_id": "cat", "title": "Cats", "text": "Cats sleep all day.", "kind": "mammal"},
]


def jsonl(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def search_in(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """The Search page on those files."""
    app.query_params.update({"corpus": "File", "models": ["wordllama-256"], "q": "Which bird hunts at night?"})
    open_page(app, "search")
    app.file_uploader[0].set_value([(name, content, "") for name, content in files]).run()
    assert not app.exception
    return app


@pytest.fixture(autouse=True)
def _seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Note what the pages are given to work on."""
    original = corpora.choose

    def choose() -> Corpus:
        SEEN.append(original())
        return SEEN[-1]

    def choose_space(**how: Any) -> Space:
        space = with_points(**how)
        SEEN.append(space.corpus)
        return space

    with_points = corpora.choose_space
    SEEN.clear()
    monkeypatch.setattr(corpora, "choose", choose)
    monkeypatch.setattr(corpora, "choose_space", choose_space)


def worked_on() -> Corpus:
    """The corpus that the page that was drawn last works on."""
    return SEEN[-1]


def widget(app: AppTest, kind: str, label: str) -> Any:
    elements: list[Any] = list(app.get(kind))
    return next(element for element in elements if element.label == label)


def popover(app: AppTest) -> str:
    return next(
        block.proto.popover.label for block in blocks(app) if block.proto.popover.label.startswith("Your texts")
    )


def blocks(app: AppTest) -> list[Any]:
    found, todo = [], [app.main]
    while todo:
        block = todo.pop()
        children = getattr(block, "children", {})
        found += [block] if hasattr(block.proto, "popover") else []
        todo += children.values()
    return found


# Files


def test_files_are_searched_and_the_button_names_them(app: AppTest) -> None:
    search_in(app, ("a.jsonl", jsonl(*ROWS)))
    assert popover(app).replace("\\", "") == "Your texts: a.jsonl"
    assert set(worked_on().texts) == {row["text"] for row in ROWS}


def test_several_files_are_one_corpus(app: AppTest) -> None:
    search_in(app, ("a.jsonl", jsonl(*ROWS)), ("b.txt", b"A bird in the hand.\n\n"))
    assert "A bird in the hand." in worked_on().texts
    assert "blank texts (1)" in said(app)
    assert list(app.dataframe[0].value["file"]) == ["a.jsonl", "a.jsonl", "b.txt", "b.txt"]


def test_limits_are_stated_before_anything_is_uploaded(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDSCOPE_MOST_ROWS", "1234")
    app.query_params["corpus"] = "File"
    open_page(app, "search")
    assert "Up to 1,234 rows and 400 MB in total; a Parquet file may unpack to 2.0 GB" in said(app)


def test_a_link_to_a_file_that_is_not_here_says_so_and_shows_the_sample(app: AppTest) -> None:
    app.query_params["corpus"] = "File"
    open_page(app, "search")
    assert [info.value for info in app.main.info] == [
        "No file is uploaded in this session, so this page shows the sample corpus. Links, reloads and restarts of "
        "the server lose uploads: upload it again under “Your texts”."
    ]
    assert worked_on() is corpus.sample()
    assert popover(app) == "Your texts: sample"
    assert not app.error


@pytest.mark.parametrize("kind", ["Paste", "File"])
def test_a_tab_just_opened_is_neutral(app: AppTest, kind: str) -> None:
    open_page(app, "search")
    source: Any = next(group for group in app.get("button_group") if group.key == "corpus")
    source.set_value(kind).run()
    assert not app.error
    assert not app.info
    assert "The pages show the sample corpus until you" in said(app)
    assert worked_on() is corpus.sample()
    assert popover(app) == "Your texts: sample"
    assert app.query_params["corpus"] in (kind, [kind])


@pytest.mark.parametrize("name", ["models", "explain", "benchmark", "embed"])
def test_a_page_that_takes_no_corpus_has_the_button_too(app: AppTest, name: str) -> None:
    app.query_params.update({"corpus": "Paste", "corpus_pasted": "Owls hunt.", "models": ["wordllama-256"]})
    open_page(app, name)
    assert popover(app) == "Your texts: pasted"
    assert not app.error


def test_files_larger_together_than_one_may_be_are_refused(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.shared.corpora.files.most_megabytes", lambda: 1)
    search_in(app, ("a.txt", b"a" * 600_000), ("b.txt", b"b" * 600_000))
    assert "These files total 1 MB, and the limit is 1 MB" in app.error[0].value.replace("\\", "")


# One choice for all pages


def test_files_and_chosen_columns_are_the_same_on_every_page_and_after_coming_back(app: AppTest) -> None:
    search_in(app, ("a.csv", b"text,other\nOwls hunt at night.,Cats sleep all day.\n"))
    widget(app, "multiselect", "Text").set_value([1]).run()
    assert worked_on().texts == ("Cats sleep all day.",)
    for page in ("explain", "evaluate", "search"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception
    assert worked_on().texts == ("Cats sleep all day.",)
    assert popover(app).startswith("Your texts: a")
    assert [file.name for file in app.file_uploader(key="corpus_upload").value] == ["a.csv"]


def test_files_are_removed_in_the_uploader_that_shows_them_on_every_page(app: AppTest) -> None:
    search_in(app, ("a.jsonl", jsonl(*ROWS)))
    app.switch_page("pages/explain.py").run()
    app.switch_page("pages/search.py").run()
    app.file_uploader(key="corpus_upload").set_value([]).run()
    assert "The pages show the sample corpus until you upload a file." in said(app)
    assert worked_on() is corpus.sample()


def test_another_session_has_a_choice_of_its_own(app: AppTest) -> None:
    search_in(app, ("a.jsonl", jsonl(*ROWS)))
    other = open_page(AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_SECONDS), "search")
    assert popover(other) == "Your texts: sample"
    assert worked_on() is corpus.sample()


def test_short_pasted_texts_live_in_the_address_and_on_every_page(app: AppTest) -> None:
    app.query_params.update(
        {"corpus": "Paste", "corpus_pasted": "Owls hunt.\nCats sleep.", "models": ["wordllama-256"]}
    )
    open_page(app, "search")
    assert set(worked_on().texts) == {"Owls hunt.", "Cats sleep."}
    app.switch_page("pages/explain.py").run()
    app.switch_page("pages/search.py").run()
    assert set(worked_on().texts) == {"Owls hunt.", "Cats sleep."}
    assert app.query_params["corpus_pasted"] in (["Owls hunt.\nCats sleep."], "Owls hunt.\nCats sleep.")


# Known by its content


def embed_noted(embed: Any, texts: tuple[str, ...], done: list[str], given: Any, *further: Any, **how: Any) -> Any:
    """As `embed`, but it notes when it is asked for those texts."""
    done += ["embedded"] if tuple(given) == texts else []
    return embed(given, *further, **how)


def test_uploading_the_same_content_again_neither_reads_nor_indexes_nor_embeds_it(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    files_texts = ("Only here: a heron. It waits.", "Only here: a stork. It flies.")
    files = ("a.jsonl", jsonl(*({"text": text} for text in files_texts)))
    search_in(app, files)
    done: list[str] = []
    monkeypatch.setattr("pages.shared.corpora.files.read_table", lambda *given, **_: done.append("read"))
    monkeypatch.setattr("core.corpus.from_tables", lambda *given, **_: done.append("built"))
    monkeypatch.setattr("core.embedding.embed", partial(embed_noted, embedding.embed, files_texts, done))
    monkeypatch.setattr("core.search.KeywordIndex", lambda *given, **_: done.append("indexed"))
    again = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=TIMEOUT_SECONDS)
    search_in(again, files)
    assert worked_on().texts == files_texts
    assert done == []


# Columns


def test_columns_are_chosen_beside_the_first_rows(app: AppTest) -> None:
    rows = b"key;headline;body;note\nk1;Owls;They hunt.;x\nk2;Cats;They sleep.;y\n"
    search_in(app, ("a.csv", rows))
    preview = app.dataframe[0].value
    assert list(preview.columns) == ["key", "headline", "body", "note"]
    assert list(preview["body"]) == ["They hunt.", "They sleep."]
    labels = {label: widget(app, "multiselect", label).value for label in ("Text", "Metadata")}
    assert labels == {"Text": [2], "Metadata": [0, 3]}
    assert (widget(app, "selectbox", "Title").value, widget(app, "selectbox", "Id").value) == (1, -1)
    widget(app, "selectbox", "Title").select_index(0).run()
    assert worked_on().fields == {"key": ("k1", "k2"), "note": ("x", "y")}


def test_a_file_without_a_usual_text_column_asks_for_one(app: AppTest) -> None:
    search_in(app, ("a.csv", b"x,y\nOwls hunt.,Cats sleep.\n"))
    assert "a.csv has no column called text. Its columns are: x and y. Choose the text column" in app.error[
        0
    ].value.replace("\\", "")
    widget(app, "multiselect", "Text").set_value([0, 1]).run()
    assert not app.error
    assert worked_on().texts == ("Owls hunt.\n\nCats sleep.",)


def test_hostile_column_names_are_choices_like_any_other_and_change_nothing(app: AppTest) -> None:
    names = ["text", "<img src=x onerror=alert(1)>", "![x](http://evil.example/x.png)", "%{x}", "=1+1", "a\x00b", ""]
    search_in(app, ("a.jsonl", jsonl(dict.fromkeys(names, "cell"), dict.fromkeys(names, "other cell"))))
    assert not app.error
    assert all(name not in said(app) for name in names[1:3])
    assert "\x00" not in "".join(widget(app, "selectbox", "Title").options)


# Passages


def test_texts_too_long_for_a_model_are_told_and_splitting_makes_passages_of_them(app: AppTest) -> None:
    app.query_params["models"] = ["all-MiniLM-L6-v2", "wordllama-256"]
    long = (
        " ".join(f"Sentence {number} is about cats that sleep." for number in range(60)) + " The last one: owls hunt."
    )
    app.query_params.update({"corpus": "Paste", "corpus_pasted": "", "q": "Do owls hunt?", "k": "3"})
    open_page(app, "search")
    app.text_area(key="corpus_pasted").set_value(f"{long}\nA short text.").run()
    assert "At least 1 of 2 texts are longer than the 256 tokens that all-MiniLM-L6-v2 reads" in said(app).replace(
        "\\", ""
    )
    app.toggle(key="corpus_split").set_value(True).run()
    app.number_input(key="corpus_tokens").set_value(40).run()
    assert "2 documents split into " in said(app)
    *_, last, _short = worked_on().texts
    assert last.endswith("The last one: owls hunt.")
    assert worked_on().parents[-2:] == ("1", "2")
    tokenizer = load_tokenizer(models.get("all-MiniLM-L6-v2"))
    assert len(tokenizer.encode(last, add_special_tokens=False).ids) <= 40
    assert "At least" not in said(app)


def test_passages_that_would_overlap_wholly_are_a_sentence(app: AppTest) -> None:
    app.query_params.update({"corpus": "Paste", "corpus_pasted": "One.", "corpus_split": "true"})
    open_page(app, "search")
    app.number_input(key="corpus_overlap").set_value(200).run()
    assert "Passages of 200 tokens cannot overlap by 200" in app.error[0].value.replace("\\", "")


# Hostile files


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "empty.csv is empty"),
        ("line.csv", b"text", "No text found in line.csv"),
        ("quote.csv", b'text,n\n"open,1\ntwo,2\n', "the quotation mark opened on line 2 is never closed"),
        ("header.csv", b"a," * 5_000_000, "The first line of header.csv has more than 100,000 characters"),
        ("../../x.csv", b"", "x.csv is empty"),
        ("broken.parquet", b"PAR1 not really", "broken.parquet as Parquet"),
        ("table.csv", b"a,b\n1,2\n", "no column called text"),
        ("list.jsonl", b"[1, 2]\n", "contains no JSON objects"),
        ("keys.jsonl", jsonl(*({f"k{n}": 1} for n in range(5000))), "keys.jsonl is too large: it has 4,"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(app: AppTest, name: str, content: bytes, sentence: str) -> None:
    search_in(app, (name, content))
    told = app.error[0].value.replace("\\", "")
    assert sentence in told
    assert "../" not in told


@pytest.mark.parametrize(
    ("name", "content", "texts"),
    [
        ("utf16.txt", "çava ✓".encode("utf-16"), ["çava ✓"]),
        ("latin.txt", "Zürich".encode("latin-1"), ["Zürich"]),
        ("nul.csv", b"text,n\na\x00b,1\n", ["ab"]),
        ("html.txt", b"<b>bold</b> ![x](http://evil.example/x.png) %{x}", None),
        ("formula.csv", b"text,n\n=1+1,1\n", ["=1+1"]),
        ("twice.csv", b"id,text,text\na,one,1\na,two,2\n", ["one", "two"]),
        ("nested.jsonl", b'{"text": "one", "metadata": {"url": "x"}}', ["one"]),
    ],
)
def test_odd_files_are_read_as_they_are(app: AppTest, name: str, content: bytes, texts: list[str] | None) -> None:
    search_in(app, (name, content))
    assert not app.error
    assert sorted(worked_on().texts) == sorted(texts or [content.decode()])


def test_ten_megabytes_on_one_line_are_split_or_cut(app: AppTest) -> None:
    search_in(app, ("long.txt", b"word " * 2_000_000))
    assert "texts truncated to 20,000 characters (1)" in said(app)


def test_what_is_left_out_is_offered_as_a_table_that_no_spreadsheet_runs() -> None:
    read = corpus.from_file("=x.csv", b"text,n\n=1+1,2,3\n\x07@bell,1\n ,\n")
    table = skips.table(read)
    assert list(table["reason"]) == [
        "rows with more cells than columns", "repaired texts with control characters or broken Unicode", "blank texts",
    ]  # fmt: skip
    assert list(table["line or row"]) == [2, 3, 4]
    assert list(table["beginning of the text"]) == ["=1+1,2,3", "@bell", ""]
    assert set(table["file"]) == {"=x.csv"}


def test_files_to_embed_are_those_of_every_page(app: AppTest) -> None:
    app.query_params.update({"embed_from": "Your texts", "corpus": "File", "models": ["wordllama-256"]})
    open_page(app, "embed")
    app.file_uploader[0].upload("mine.csv", b"text,other\nOwls hunt.,Cats sleep.\nDogs bark.,\n").run()
    widget(app, "multiselect", "Text").set_value([1]).run()
    assert not app.error
    assert "1 texts, one embedding each." in said(app)
    assert "blank texts (1)" in said(app)


def test_words_beside_vectors_are_the_texts_to_embed_as_on_other_pages(app: AppTest) -> None:
    app.query_params.update({"embed_from": "Your texts", "corpus": "File", "models": ["wordllama-256"]})
    open_page(app, "embed")
    app.file_uploader[0].upload("glove.txt", b"owl 0.1 0.2 0.3\ncat 0.4 0.5 0.6\n").run()
    assert not app.error
    assert "2 texts, one embedding each." in said(app)
    assert list(app.dataframe[0].value["text"]) == ["1 · owl", "2 · cat"]


def test_no_more_columns_are_offered_than_can_be_chosen_from(app: AppTest) -> None:
    header = ",".join(["text", *(f"c{number}" for number in range(999))])
    search_in(app, ("wide.csv", f"{header}\nOwls hunt.,1\n".encode()))
    assert not app.error
    assert len(widget(app, "multiselect", "Metadata").options) == 300
    assert "Showing the first 30 of 1,000 columns; choose among 300 below." in said(app)


def test_choosing_shorter_passages_shortens_their_overlap(app: AppTest) -> None:
    app.query_params.update({"corpus": "Paste", "corpus_pasted": "One.", "corpus_split": "true"})
    open_page(app, "search")
    app.number_input(key="corpus_tokens").set_value(20).run()
    assert app.number_input(key="corpus_overlap").value == 4
    assert not app.error


def test_a_corpus_of_the_search_page_is_mapped_without_being_uploaded_read_or_embedded_again(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ("Only here: a gull. It cries.", "Only here: a swan. It sleeps.", "Only here: a crow. It thinks.")
    app.query_params["method"] = "PCA"
    search_in(app, ("a.csv", "text\n{}\n".format("\n".join(texts)).encode()))
    done: list[str] = []
    monkeypatch.setattr("pages.shared.corpora.files.read_table", lambda *given, **_: done.append("read"))
    monkeypatch.setattr("core.embedding.embed", partial(embed_noted, embedding.embed, texts, done))
    app.switch_page("pages/projector.py").run()
    assert not app.exception
    assert worked_on().texts == texts
    assert done == []


def test_vectors_without_texts_are_the_projectors_alone_and_other_pages_say_so(app: AppTest) -> None:
    vectors = io.BytesIO()
    np.save(vectors, np.eye(5, dtype=np.float32))
    search_in(app, ("own.npy", vectors.getvalue()))
    assert "own.npy contains vectors but no texts" in said(app).replace("\\", "")
    app.query_params["method"] = "PCA"
    app.switch_page("pages/projector.py").run()
    assert not app.exception
    assert not app.error


def test_texts_beside_vectors_are_the_corpus_of_the_other_pages(app: AppTest) -> None:
    row = '{{"text": "{}", "vector": [{}, 0.5, 0.25]}}\n'
    search_in(app, ("both.jsonl", "".join(row.format(text, text[-1]) for text in ("a 1", "b 2", "c 3")).encode()))
    assert worked_on().texts == ("a 1", "b 2", "c 3")
