import plotly.express as px
from openTSNE import TSNE

from core.examples.loaders.local import embed

texts = [
    "A plane is taking off.",
    "An air plane is taking off.",
    "The bank raised its rates.",
    "Interest rates went up.",
    "We sat on the bank of the river.",
    "A cat plays the piano.",
]
dimensions = 2
metric = "cosine"

vectors = embed(texts)
perplexity = min(30, (len(texts) - 1) / 3)
mapper = TSNE(n_components=dimensions, perplexity=perplexity, metric=metric, random_state=42)
points = mapper.fit(vectors)
axes = {axis: points[:, place] for place, axis in enumerate("xyz"[:dimensions])}
draw = px.scatter if dimensions == 2 else px.scatter_3d
draw(**axes, hover_name=texts).show()
