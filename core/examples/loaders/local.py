from sentence_transformers import SentenceTransformer

model_name = "sentence-transformers/all-MiniLM-L6-v2"
prompts = {}  # what stands before a text of a kind, such as {"query": "query: "}
options = {}  # such as {"truncate_dim": 256}

model = SentenceTransformer(model_name, **options)


def embed(texts, kind="document"):
    return model.encode(texts, prompt=prompts.get(kind), normalize_embeddings=True)


def similarity(first, second):
    return first @ second.T
