import json
from urllib.request import Request, urlopen

import numpy as np
from sentence_transformers import SimilarityFunction

url = "https://api.cohere.com/v2/embed"
key = "..."  # of the API
model_name = "embed-v4.0"
prompts = {}
function = "cosine"  # that compares the vectors, as sentence-transformers names it
fields = {"query": {"input_type": "search_query"}, "document": {"input_type": "search_document"}}


def embed(texts, kind="document"):
    asked = [prompts.get(kind, "") + text for text in texts]
    body = {"model": model_name, "texts": asked, **fields[kind]}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(body).encode(), headers)) as answer:
        vectors = np.array(json.load(answer)["embeddings"]["float"])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if function == "cosine" else vectors


def similarity(first, second):
    return SimilarityFunction.to_similarity_fn(function)(first, second).numpy()
