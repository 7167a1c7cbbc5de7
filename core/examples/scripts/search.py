from core.examples.loaders.local import embed, similarity

texts = [
    "The bank raised its rates.",
    "We sat on the bank of the river.",
    "A cat plays the piano.",
]
query = "Where did we sit?"

documents = embed(texts)
queries = embed([query], "query")
scores = similarity(queries, documents)[0]
for row in scores.argsort()[::-1][:3]:
    print(f"{scores[row]:.3f} {texts[row]}")
