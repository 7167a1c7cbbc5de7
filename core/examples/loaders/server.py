import numpy as np
from openai import OpenAI

server = "http://localhost:8080/v1"
model_name = "bge-m3"
prompts = {}
options = {}  # such as {"dimensions": 256}

client = OpenAI(base_url=server, api_key="...")  # the server's key, if it asks for one


def embed(texts, kind="document"):
    asked = [prompts.get(kind, "") + text for text in texts]
    answer = client.embeddings.create(model=model_name, input=asked, **options)
    return np.array([item.embedding for item in answer.data])


def similarity(first, second):
    return first @ second.T
