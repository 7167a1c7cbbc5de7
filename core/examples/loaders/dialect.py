import json
from urllib.request import Request, urlopen

import numpy as np
from sentence_transformers import SimilarityFunction

url = "https://api.voyageai.com/v1/embeddings"
key = "..."  # of the API
model_name = "voyage-3.5"
prompts = {}
function = "cosine"  # that compares the vectors, as sentence-transformers names it
fields = {"query": {"input_type": "query"}, "document": {"input_type": "document"}}


def embed(texts, kind="document"):
    asked = [prompts.get(kind, "") + text for text in texts]
    body = {"model": model_name, "input": asked, **fields[kind]}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(body).encode(), headers)) as answer:
        vectors = np.array([item["embedding"] for item in json.load(answer)["data"]])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if function == "cosine" else vectors


def similarity(first, second):
    return SimilarityFunction.to_similarity_fn(function)(first, second).numpy()
