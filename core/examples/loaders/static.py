from importlib.util import find_spec
from pathlib import Path

from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

package = "wordllama"
weights_file = "weights/l2_supercat_256.safetensors"
tokenizer_file = "tokenizers/l2_supercat_tokenizer_config.json"
prompts = {}
options = {}

folder = Path(find_spec(package).origin).parent
(weights,) = load_file(folder / weights_file).values()
tokenizer = Tokenizer.from_file(str(folder / tokenizer_file))
model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, weights.astype("float32"))], **options)


def embed(texts, kind="document"):
    return model.encode(texts, prompt=prompts.get(kind), normalize_embeddings=True)


def similarity(first, second):
    return first @ second.T
