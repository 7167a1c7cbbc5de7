from core.examples.loaders.local import embed

texts = [
    "A plane is taking off.",
    "An air plane is taking off.",
]
kind = "document"

vectors = embed(texts, kind)
print(vectors.shape)
