"""Tiny models of every architecture in the catalogue: whole sentence-transformers folders, their weights random.

The files are those that published models have, so that whatever loads one of these folders loads them too. The same
architecture always gives the same vectors.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import AutoConfig, AutoModel

SEED = 42
SPREAD = 0.2
MAX_TOKENS = 48
WINDOW = 8
MODULES = ("Transformer", "Pooling", "Normalize")
SENTENCES = (
    "A plane is taking off from the runway.",
    "The quick brown fox jumps over the lazy dog.",
    "Vector search finds the documents nearest to a query.",
    "Embedding models turn sentences into vectors of numbers.",
)
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
}


@dataclass(frozen=True)
class Family:
    """What tells an architecture from the others.

    Attributes
    ----------
    pooling : the key of the pooling's configuration that is true
    special : its special tokens, in the order of their ids
    template : what stands around a text, `$A`
    roles : which of the special tokens is the padding, the beginning, ...
    inputs : what its tokenizer hands to the network
    config : what its configuration has beside SIZES
    """

    pooling: str
    special: tuple[str, ...]
    template: str
    roles: dict[str, str]
    padding_side: str = "right"
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    config: dict[str, Any] = field(default_factory=dict)


FAMILIES = {
    "bert": Family(
        pooling="pooling_mode_mean_tokens",
        special=("[PAD]", "[CLS]", "[SEP]"),
        template="[CLS] $A [SEP]",
        roles={"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"},
        inputs=("input_ids", "token_type_ids", "attention_mask"),
        config={"type_vocab_size": 2},
    ),
    "mpnet": Family(
        pooling="pooling_mode_mean_tokens",
        special=("<s>", "<pad>", "</s>"),
        template="<s> $A </s>",
        roles={"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"},
        config={"relative_attention_num_buckets": 32},
    ),
    "xlm-roberta": Family(
        pooling="pooling_mode_mean_tokens",
        special=("<s>", "<pad>", "</s>"),
        template="<s> $A </s>",
        roles={"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"},
        config={"type_vocab_size": 1},
    ),
    "modernbert": Family(
        pooling="pooling_mode_cls_token",
        special=("[PAD]", "[CLS]", "[SEP]"),
        template="[CLS] $A [SEP]",
        roles={"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"},
        config={
            "num_hidden_layers": 4,
            "global_attn_every_n_layers": 3,
            "local_attention": WINDOW,
            "bos_token_id": 1,
            "eos_token_id": 2,
        },
    ),
    "mistral": Family(
        pooling="pooling_mode_lasttoken",
        special=("<unk>", "<s>", "</s>"),
        template="<s> $A </s>",
        roles={"pad_token": "</s>", "bos_token": "<s>", "eos_token": "</s>"},
        padding_side="left",
        config={"num_key_value_heads": 2, "sliding_window": WINDOW},
    ),
    "qwen3": Family(
        pooling="pooling_mode_lasttoken",
        special=("<|endoftext|>",),
        template="$A <|endoftext|>",
        roles={"pad_token": "<|endoftext|>", "eos_token": "<|endoftext|>"},
        padding_side="left",
        config={"num_key_value_heads": 2, "head_dim": 16},
    ),
}


def tiny(model_type: str, folder: Path) -> Path:
    """Write a model of that architecture into the folder, which `SentenceTransformer(str(folder))` loads."""
    family = FAMILIES[model_type]
    tokenizer = _tokenizer(family)
    _write_tokenizer(tokenizer, family, folder)
    model = _model(model_type, family, tokenizer)
    model.save_pretrained(folder)
    _write_modules(family, model.config.hidden_size, folder)
    return folder


def _tokenizer(family: Family) -> Tokenizer:
    """Byte-level BPE, so that no character of any text is unknown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=list(family.special), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=family.template, special_tokens=[(token, tokenizer.token_to_id(token)) for token in family.special]
    )
    return tokenizer


def _write_tokenizer(tokenizer: Tokenizer, family: Family, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    facts = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_TOKENS,
        "model_input_names": family.inputs,
        "padding_side": family.padding_side,
        **family.roles,
    }
    _write(folder / "tokenizer_config.json", facts)


def _model(model_type: str, family: Family, tokenizer: Tokenizer) -> Any:
    """The network; biases and the norms' weights are moved too, since where all are equal a mistake is not seen."""
    roles = {role + "_id": tokenizer.token_to_id(token) for role, token in family.roles.items()}
    sizes = SIZES | family.config | roles | {"vocab_size": tokenizer.get_vocab_size()}
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        model = AutoModel.from_config(AutoConfig.for_model(model_type, **sizes))
        for parameter in model.parameters():
            parameter.add_(SPREAD * torch.randn_like(parameter))
    return model


def _write_modules(family: Family, dimensions: int, folder: Path) -> None:
    rows = [
        {"idx": number, "name": str(number), "path": f"{number}_{name}", "type": f"sentence_transformers.models.{name}"}
        for number, name in enumerate(MODULES)
    ]
    rows[0]["path"] = ""
    _write(folder / "modules.json", rows)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS, "do_lower_case": False})
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": dimensions, family.pooling: True})
    (folder / "2_Normalize").mkdir(exist_ok=True)


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
