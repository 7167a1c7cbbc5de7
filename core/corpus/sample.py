"""The sample: passages on many subjects, queries for them, and sentences."""

from dataclasses import replace
from functools import cache

from core.corpus.corpus import Corpus
from core.corpus.reader import from_path
from core.settings import DATA


@cache
def sample() -> Corpus:
    """The sample corpus: passages on many subjects, with title, subject and kind."""
    return replace(from_path(DATA / "sample_corpus.jsonl"), name="sample corpus")


@cache
def sample_sentences() -> str:
    """Short sentences, one per line, in pairs that share a meaning or only a word."""
    return (DATA / "sample_sentences.txt").read_text(encoding="utf-8").strip()


@cache
def sample_queries() -> Corpus:
    """The sample queries; their field `style` shows whether they share words with their answers."""
    return replace(from_path(DATA / "sample_queries.jsonl"), name="sample queries")
