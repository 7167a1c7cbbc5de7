import faiss

from core.examples.loaders.local import embed

texts = [
    "The bank raised its rates.",
    "We sat on the bank of the river.",
    "A cat plays the piano.",
]
metric = faiss.METRIC_INNER_PRODUCT

vectors = embed(texts)
index = faiss.IndexHNSWFlat(vectors.shape[1], 32, metric)
index.add(vectors)
index.hnsw.efSearch = 64
scores, rows = index.search(vectors[:1], min(10, len(texts)))
