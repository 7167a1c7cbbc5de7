"""Queries to try on a corpus."""

from core.corpus.corpus import Corpus
from core.corpus.sample import sample, sample_queries
from core.wording import one_line

OF_SAMPLE = ("animals-1", "biology-2", "psychology-4", "architecture-3", "film-8", "cooking-3")
MOST = len(OF_SAMPLE)
MOST_CHARACTERS = 60


def suggest_queries(texts: Corpus, labelled: Corpus | None = None) -> list[str]:
    """Up to MOST queries spread over the corpus: its labelled ones, else its titles, else the first words of its texts.

    The same corpus always gives the same. `labelled` are the queries with labels for the corpus.
    """
    if texts.fingerprint == sample().fingerprint:
        queries = sample_queries()
        return [queries.texts[queries.ids.index(name)] for name in OF_SAMPLE]
    asked = labelled.texts if labelled else ()
    names = [text for text in asked if len(text) <= MOST_CHARACTERS] or asked or texts.titles
    places = dict.fromkeys(round(number * (len(names) - 1) / (MOST - 1)) for number in range(MOST))
    return list(dict.fromkeys(text for place in places if (text := _first_words(names[place]))))


def _first_words(text: str) -> str:
    """The whole words within the first characters, on one line."""
    line = one_line(text)
    if len(line) <= MOST_CHARACTERS and not line.endswith("…"):
        return line
    words = line.removesuffix("…")[:MOST_CHARACTERS]
    return words.rpartition(" ")[0] or words
