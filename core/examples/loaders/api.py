import numpy as np
from openai import OpenAI

model_name = "text-embedding-3-small"
prompts = {}
options = {}  # such as {"dimensions": 256}

client = OpenAI()  # reads OPENAI_API_KEY


def embed(texts, kind="document"):
    asked = [prompts.get(kind, "") + text for text in texts]
    answer = client.embeddings.create(model=model_name, input=asked, **options)
    return np.array([item.embedding for item in answer.data])


def similarity(first, second):
    return first @ second.T
