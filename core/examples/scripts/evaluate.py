from sklearn.metrics import ndcg_score

from core.examples.loaders.local import embed, similarity

texts = [
    "The bank raised its rates.",
    "We sat on the bank of the river.",
    "A cat plays the piano.",
]
asked = [
    "Where did we sit?",
    "Which animal makes music?",
]
# a row for each query, a column for each text
relevance = [
    [0, 1, 0],
    [0, 0, 1],
]

documents = embed(texts)
queries = embed(asked, "query")
print(f"nDCG@10 {ndcg_score(relevance, similarity(queries, documents), k=10):.3f}")
