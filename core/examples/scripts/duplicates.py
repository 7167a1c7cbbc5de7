import numpy as np

from core.examples.loaders.local import embed

texts = [
    "The bank raised its rates.",
    "The Bank raised its rates.",
    "We sat on the bank of the river.",
]
threshold = 0.95

vectors = embed(texts)
vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
cosines = vectors @ vectors.T
for row, other in np.argwhere(np.triu(cosines >= threshold, k=1)):
    print(f"{cosines[row, other]:.3f} {texts[row]} | {texts[other]}")
