import json
from urllib.request import Request, urlopen

import numpy as np
from sentence_transformers import SimilarityFunction

url = "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:batchEmbedContents"
key = "..."  # of the API
model_name = "gemini-embedding-001"
prompts = {}
function = "cosine"  # that compares the vectors, as sentence-transformers names it
fields = {"query": {"taskType": "RETRIEVAL_QUERY"}, "document": {"taskType": "RETRIEVAL_DOCUMENT"}}


def embed(texts, kind="document"):
    asked = [{"parts": [{"text": prompts.get(kind, "") + text}]} for text in texts]
    requests = [{"model": f"models/{model_name}", "content": content, **fields[kind]} for content in asked]
    headers = {"x-goog-api-key": key, "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps({"requests": requests}).encode(), headers)) as answer:
        vectors = np.array([item["values"] for item in json.load(answer)["embeddings"]])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if function == "cosine" else vectors


def similarity(first, second):
    return SimilarityFunction.to_similarity_fn(function)(first, second).numpy()
