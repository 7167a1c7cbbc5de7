import plotly.express as px

from core.examples.loaders.local import embed, similarity

texts = [
    "The bank raised its rates.",
    "Interest rates went up.",
    "We sat on the bank of the river.",
]

vectors = embed(texts)
scores = similarity(vectors, vectors)
px.imshow(scores, x=texts, y=texts, color_continuous_scale="viridis").show()
