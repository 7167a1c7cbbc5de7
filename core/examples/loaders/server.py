import numpy as np
from openai import OpenAI
from sentence_transformers import SimilarityFunction

server = "http://localhost:8080/v1"
model_name = "bge-m3"
prompts = {}
function = "cosine"  # that compares the vectors, as sentence-transformers names it
options = {}  # such as {"dimensions": 256}

client = OpenAI(base_url=server, api_key="...")  # the server's key, if it asks for one


def embed(texts, kind="document"):
    asked = [prompts.get(kind, "") + text for text in texts]
    answer = client.embeddings.create(model=model_name, input=asked, **options)
    vectors = np.array([item.embedding for item in answer.data])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if function == "cosine" else vectors


def similarity(first, second):
    return SimilarityFunction.to_similarity_fn(function)(first, second).numpy()
