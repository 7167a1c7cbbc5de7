"""Texts from any source, read into one frozen Corpus."""

from core.corpus.cleaning import file_name
from core.corpus.columns import (
    ID_COLUMNS,
    TEXT_COLUMNS,
    Columns,
    columns_beside,
    named_column,
    usual_columns,
    usual_text_column,
)
from core.corpus.copies import own_documents
from core.corpus.corpus import Corpus
from core.corpus.documents import MOST_CHARACTERS
from core.corpus.labels import (
    Labels,
    labels_of,
    match_labels,
    qrels_of,
    read_corpus_and_labels,
    read_qrels,
    sample_labels,
    sample_qrels,
)
from core.corpus.pairs import SentencePairs, pairs_of, parse_pairs, sample_pairs
from core.corpus.passages import FEWEST_TOKENS, MOST_TOKENS, TOKENIZER, Splitter, Splitting, longer_than, splitter
from core.corpus.reader import (
    from_file,
    from_paste,
    from_path,
    from_table,
    from_tables,
    one_a_row,
    one_query,
    one_text,
    read_bytes,
    together,
)
from core.corpus.sample import EMBEDDED, EXPLAINED, sample, sample_queries, sample_sentences
from core.corpus.suggestions import suggest_queries

__all__ = [
    "EMBEDDED",
    "EXPLAINED",
    "FEWEST_TOKENS",
    "ID_COLUMNS",
    "MOST_CHARACTERS",
    "MOST_TOKENS",
    "TEXT_COLUMNS",
    "TOKENIZER",
    "Columns",
    "Corpus",
    "Labels",
    "SentencePairs",
    "Splitter",
    "Splitting",
    "columns_beside",
    "file_name",
    "from_file",
    "from_paste",
    "from_path",
    "from_table",
    "from_tables",
    "labels_of",
    "longer_than",
    "match_labels",
    "named_column",
    "one_a_row",
    "one_query",
    "one_text",
    "own_documents",
    "pairs_of",
    "parse_pairs",
    "qrels_of",
    "read_bytes",
    "read_corpus_and_labels",
    "read_qrels",
    "sample",
    "sample_labels",
    "sample_pairs",
    "sample_qrels",
    "sample_queries",
    "sample_sentences",
    "splitter",
    "suggest_queries",
    "together",
    "usual_columns",
    "usual_text_column",
]
