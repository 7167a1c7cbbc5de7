"""A model's tokenizer alone, without loading its weights."""

from typing import TYPE_CHECKING

from core.errors import ModelUnavailableError
from core.models import ModelSpec
from core.models.files import locate

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE = "tokenizer.json"


def load_tokenizer(spec: ModelSpec) -> "Tokenizer":
    """The tokenizer of a model whose files are here, a new one for each caller; it neither truncates nor pads.

    Raises
    ------
    ModelUnavailableError
        The model's files are not here, or have no tokenizer of their own.
    """
    from tokenizers import Tokenizer

    path = locate(spec) / FILE
    if not path.is_file():
        raise ModelUnavailableError(f"{spec.name} has no {FILE}: use another model's tokenizer.")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
