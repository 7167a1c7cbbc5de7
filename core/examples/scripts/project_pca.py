import plotly.express as px
from sklearn.decomposition import PCA

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

vectors = embed(texts)
mapper = PCA(n_components=dimensions)
points = mapper.fit_transform(vectors)
axes = {axis: points[:, place] for place, axis in enumerate("xyz"[:dimensions])}
draw = px.scatter if dimensions == 2 else px.scatter_3d
draw(**axes, hover_name=texts).show()
