"""Texts without any known token: found, and nearly all others left out without tokenizing them."""

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE, Unigram, WordLevel, WordPiece
from tokenizers.pre_tokenizers import Metaspace, Whitespace

from core.embedding import embed_with
from core.encoders.vocabulary import CHARACTERS, vocabulary_of

UNKNOWN = ["ⵣⴰⵣ", "𒀭𒂗"]
PIECES = {"[UNK]": 0, **{piece: place for place, piece in enumerate([*CHARACTERS, *map("##{}".format, CHARACTERS)], 1)}}


def test_texts_of_unknown_tokens_share_a_vector_and_are_counted(minilm):
    texts = [*UNKNOWN, "ⵣⴰⵣ owl", "Owl", "an owl"]
    embedded = embed_with(minilm, texts)
    np.testing.assert_allclose(embedded.vectors[0], embedded.vectors[1], atol=1e-6)
    assert embedded.provenance.unknown_texts == 2
    assert minilm.count_known_tokens(texts) == [0, 0, 1, 1, 2]
    assert embedded.provenance.caveats == [
        "2 of 5 texts have no token that all-MiniLM-L6-v2 knows: such texts get the same vector whatever they say, and "
        "their cosines mean nothing."
    ]


def test_a_model_that_tokenizes_bytes_knows_every_text(wordllama):
    assert embed_with(wordllama, UNKNOWN).provenance.unknown_texts == 0


@pytest.mark.parametrize(
    ("model", "text", "may_lack"),
    [
        (WordPiece(PIECES, unk_token="[UNK]"), "the owl", False),
        (WordPiece(PIECES, unk_token="[UNK]"), "ⵣⴰⵣ", True),
        (WordPiece(PIECES, unk_token="[UNK]"), "x" * 101, True),
        (WordPiece({"[UNK]": 0, "owl": 1}, unk_token="[UNK]"), "the owl", True),
        (WordLevel({"[UNK]": 0, **dict.fromkeys(CHARACTERS, 1)}, "[UNK]"), "the owl", True),
        (Unigram([("<unk>", 0.0), ("▁", -1.0), *((each, -2.0) for each in CHARACTERS)], 0), "the owl", False),
        (BPE({"a": 0}, []), "ⵣⴰⵣ", False),  # without an unknown token
    ],
)
def test_only_texts_without_a_plain_word_are_doubtful(model, text, may_lack):
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = Metaspace() if isinstance(model, Unigram) else Whitespace()
    vocabulary = vocabulary_of(tokenizer)
    assert vocabulary.may_lack(text) == may_lack
    ids = tokenizer.encode("ⵣⴰⵣ").ids
    assert vocabulary.count_known(ids) == 0
