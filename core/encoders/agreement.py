"""What a model's files ask for, and what the libraries do with it: they are made to agree, or the model is refused."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelUnavailableError
from core.models import ModelSpec, layout

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

INSTRUCTORS = ("hkunlp/instructor-base", "hkunlp/instructor-large", "hkunlp/instructor-xl")
WITHOUT_LIMIT = 10**9  # tokens; tokenizers without a limit say 10^30


def make_agree(spec: ModelSpec, model: "SentenceTransformer", folder: Path) -> None:
    """Let a network's tokenizer and pooling do what the model's files ask for.

    Raises
    ------
    ModelUnavailableError
        The last token is pooled, the files ask for special tokens around a text, and they can't be put there.
    """
    if not hasattr(model[0], "model"):
        return
    if spec.id in INSTRUCTORS:  # sentence-transformers does so by the name, which a folder hides from it
        model.set_pooling_include_prompt(False)
    _limit_to_positions(model)
    if "lasttoken" in pooling_modes(model):
        _surround(spec, model, layout.read_object(folder / "tokenizer_config.json"))


def pooling_modes(model: "SentenceTransformer") -> tuple[str, ...]:
    """The poolings whose vectors a model puts one after another; empty if it has none."""
    pooling: Any = next((module for module in model if hasattr(module, "pooling_mode")), None)
    if pooling is None:
        return ()
    return (pooling.pooling_mode,) if isinstance(pooling.pooling_mode, str) else tuple(pooling.pooling_mode)


def amendment(model: "SentenceTransformer") -> str:
    """What `make_agree` has changed in the tokens of a text, for the revision of its vectors; empty if nothing."""
    return str(getattr(model.tokenizer, "amendment", ""))


def longest_input(model: "SentenceTransformer") -> int | None:
    """Where the model truncates, in tokens; None if it has no limit."""
    limit = model.max_seq_length
    return None if limit is None or limit > WITHOUT_LIMIT else int(limit)


def _limit_to_positions(model: "SentenceTransformer") -> None:
    """Truncate where the network's table of positions ends: beyond it a text could not be computed."""
    network: Any = model[0].model
    table: Any = getattr(getattr(network, "embeddings", None), "position_embeddings", None)
    rows = getattr(table, "num_embeddings", None)
    if table is None or rows is None or model.max_seq_length is None:
        return
    first = 0 if table.padding_idx is None else table.padding_idx + 1  # RoBERTa's kin count from there
    model.max_seq_length = min(model.max_seq_length, rows - first)


def _surround(spec: ModelSpec, model: "SentenceTransformer", asked: Mapping[str, Any]) -> None:
    """Put the tokens around a text that `tokenizer_config.json` asks for and `tokenizer.json` leaves out.

    transformers 4 followed the former, transformers 5 follows the latter: without the closing token, the pooled token
    is that of the last word.
    """
    from tokenizers.processors import TemplateProcessing

    tokenizer: Any = model.tokenizer
    needed = {name for name in ("bos", "eos") if asked.get(f"add_{name}_token") is True}
    if not needed or not _missing(tokenizer, needed):
        return
    tokens = {name: getattr(tokenizer, f"{name}_token") for name in needed}
    if None in tokens.values():
        raise _refusal(spec, needed)
    backend = tokenizer.backend_tokenizer
    places = [tokens.get("bos"), "$A", tokens.get("eos")]
    known = [(token, backend.token_to_id(token)) for token in sorted(set(tokens.values()))]
    backend.post_processor = TemplateProcessing(single=[place for place in places if place], special_tokens=known)
    if _missing(tokenizer, needed):
        raise _refusal(spec, needed)
    tokenizer.amendment = "with " + " and ".join(tokens[name] for name in sorted(needed))


def _missing(tokenizer: Any, needed: set[str]) -> bool:
    """Whether a text's ids lack one of the tokens that should open and close them."""
    ids = tokenizer("a")["input_ids"]
    ends = {"bos": (ids[0], tokenizer.bos_token_id), "eos": (ids[-1], tokenizer.eos_token_id)}
    return any(found != wanted for found, wanted in (ends[name] for name in needed))


def _refusal(spec: ModelSpec, needed: set[str]) -> ModelUnavailableError:
    names = " and ".join(f"a {name} token" for name in sorted(needed))
    return ModelUnavailableError(
        f"{spec.name} cannot be used: it pools the last token and its tokenizer_config.json asks for {names} around "
        "each text, which its tokenizer does not add. Pick another model, or repair its tokenizer.json."
    )
