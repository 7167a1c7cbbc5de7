from sentence_transformers import SentenceTransformer

model_name = "sentence-transformers/all-MiniLM-L6-v2"
prompts = {}

model = SentenceTransformer(model_name)


def embed(texts, kind="document"):
    return model.encode(texts, prompt=prompts.get(kind))


def similarity(first, second):
    return model.similarity(first, second).numpy()
