"""What a model's files ask for is done: tokens around a text, pooling, longest input; else it is refused."""

import json

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from core import encoders, models
from core.encoders.local import _pooling_weights
from core.errors import ModelUnavailableError
from core.models import layout
from tests.core.encoders.architectures import MAX_TOKENS, tiny

TEXTS = ["owl", "A plane is taking off from the runway.", "word " * 200]
MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Write a tiny model to be edited; returns its folder and a function that loads it from the host's directory."""
    monkeypatch.setenv("EMBEDSCOPE_MODELS", str(tmp_path))

    def make(family):
        folder = tiny(family, tmp_path / "mine")

        def load(**prompts):
            spec = models.get("folder:mine").with_prompts(prompts.get("query"), prompts.get("document"))
            return encoders.load(spec, device="cpu", engine="torch", precision="float32")

        return folder, load

    return make


def edit(path, **values):
    content = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(content | values))


def cut_template(folder, template, *tokens):
    """Let tokenizer.json put other tokens around a text."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    known = [(token, tokenizer.token_to_id(token)) for token in tokens]
    tokenizer.post_processor = TemplateProcessing(single=template, special_tokens=known)
    tokenizer.save(str(folder / "tokenizer.json"))


def ids_of(encoder, text):
    return encoder._model.preprocess([text])["input_ids"][0].tolist()


def test_the_last_token_is_the_end_that_the_tokenizers_settings_ask_for(model):
    folder, load = model("mistral")
    whole = load().encode(TEXTS)
    cut_template(folder, "<s> $A", "<s>")
    edit(folder / "tokenizer_config.json", add_bos_token=True, add_eos_token=True)
    encoder = load()
    for text in TEXTS:
        ids = ids_of(encoder, text)
        assert (ids[0], ids[-1]) == (1, 2)
        assert len(ids) <= MAX_TOKENS
    np.testing.assert_allclose(encoder.encode(TEXTS), whole, rtol=0, atol=1e-6)
    assert encoder.trace("owl").tokens[-1] == "</s>"


def test_vectors_with_repaired_tokens_are_not_those_stored_without(model):
    folder, load = model("mistral")
    assert "with" not in load().revision
    cut_template(folder, "<s> $A", "<s>")
    edit(folder / "tokenizer_config.json", add_bos_token=True, add_eos_token=True)
    assert load().revision.endswith("with <s> and </s>")


def test_a_model_that_lacks_the_end_its_settings_ask_for_is_refused(model):
    folder, load = model("mistral")
    cut_template(folder, "<s> $A", "<s>")
    config = json.loads((folder / "tokenizer_config.json").read_text())
    del config["eos_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"add_bos_token": True, "add_eos_token": True}))
    with pytest.raises(ModelUnavailableError, match="it pools the last token and its"):
        load()


def test_a_template_that_nothing_contradicts_stays(model):
    folder, load = model("mistral")
    cut_template(folder, "<s> $A", "<s>")
    assert ids_of(load(), "owl")[-1] != 2


@pytest.mark.parametrize("mode", [*MODES, ("cls", "mean")])
def test_every_pooling_gives_the_librarys_vectors(model, mode):
    folder, load = model("bert")
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"embedding_dimension": 32, "pooling_mode": mode, "include_prompt": False})
    )
    encoder = load(query="query: ")
    library = SentenceTransformer(str(folder), device="cpu")
    expected = library.encode(TEXTS, prompt="query: ", normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode(TEXTS, "query"), expected, rtol=0, atol=1e-6)
    assert encoder.trace("owl").weights.sum() == pytest.approx(1)


def test_shares_of_a_weighted_mean_grow_with_the_place_and_of_a_maximum_count_its_dimensions():
    vectors = np.array([[3, 0, 0], [0, 1, 5]], np.float32)
    np.testing.assert_allclose(_pooling_weights("weightedmean", vectors), [1 / 3, 2 / 3])
    np.testing.assert_allclose(_pooling_weights("max", vectors), [1 / 3, 2 / 3])
    np.testing.assert_allclose(_pooling_weights("cls and mean", vectors), [0.75, 0.25])


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_side_of_the_padding_is_that_of_the_files(model, side):
    folder, load = model("qwen3")
    edit(folder / "tokenizer_config.json", padding_side=side)
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, normalize_embeddings=True)
    encoder = load()
    mask = encoder._model.preprocess(TEXTS[:2])["attention_mask"][0]
    assert bool(mask[-1]) == (side == "left")
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, rtol=0, atol=1e-5)


def test_the_modules_longest_input_comes_before_the_tokenizers(model):
    folder, load = model("bert")
    edit(folder / "sentence_bert_config.json", max_seq_length=20)
    encoder = load()
    assert encoder.max_tokens == 20
    assert len(ids_of(encoder, TEXTS[-1])) == 20


@pytest.mark.parametrize(("family", "positions"), [("bert", 64), ("xlm-roberta", 62), ("mpnet", 62)])
def test_no_text_is_longer_than_the_table_of_positions(model, family, positions):
    folder, load = model(family)
    edit(folder / "sentence_bert_config.json", max_seq_length=5000)
    encoder = load()
    assert encoder.max_tokens <= positions
    assert np.isfinite(encoder.encode(TEXTS)).all()


def test_a_model_that_lowers_its_texts_counts_and_embeds_them_so(model):
    folder, load = model("bert")
    edit(folder / "sentence_bert_config.json", do_lower_case=True)
    encoder = load()
    one, other = encoder.encode(["OWL", "owl"])
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    assert encoder.count_tokens(["OWL"]) == encoder.count_tokens(["owl"]) == [len(ids_of(encoder, "OWL"))]


def test_a_mean_over_layers_is_refused_since_only_the_last_is_computed():
    content = json.dumps([{"type": "sentence_transformers.models.WeightedLayerPooling", "path": "1"}]).encode()
    with pytest.raises(ModelUnavailableError, match="mine uses WeightedLayerPooling, which Embedscope does not"):
        layout.modules("mine", content)
