"""A page with made-up maps, to try the viewer by itself; what it shows is asked for in the address."""

import json
import sys
from pathlib import Path

import numpy as np
import streamlit as st

sys.path.insert(0, str(Path(__file__).parents[2]))

from pages.parts.projector import map_view

NAMES = ("physics", "chemistry", "biology", "history", "music", "law", "sports", "cooking")
COLOURS = ("#0F7FBF", "#E69F00", "#009E73", "#CC6677", "#9C4F96", "#56B4E9", "#D55E00", "#999933")


@st.cache_data
def clusters(count: int, dimensions: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    centres = random.normal(scale=9, size=(len(NAMES), dimensions)).astype(np.float32)
    codes = np.random.default_rng(0).integers(0, len(NAMES), count).astype(np.uint8)
    spread = random.gamma(2, 0.8, size=(count, 1))
    return centres[codes] + (spread * random.normal(size=(count, dimensions))).astype(np.float32), codes, centres


@st.cache_resource
def drawn(count: int, kinds: tuple[int, ...], seed: int, lost: int) -> map_view.Points:
    charts = []
    for index, dimensions in enumerate(kinds):
        places = clusters(count, dimensions, seed + index)[0].copy()
        places[:lost] = np.nan
        charts.append(
            map_view.Map(f"Model {'ABCD'[index]} · UMAP", places, ("PC 1 (31%)", "PC 2 (12%)") if lost else ())
        )
    hover = [f"{row}: <b>text</b> of this point, told in some words & signs" for row in range(count)]
    return map_view.pack(charts, hover if count <= 200_000 else (), rows=f"made up {count}")


asked = st.query_params
count = int(asked.get("points", 2000))
kinds = tuple(int(sign) for sign in asked.get("maps", "22"))
st.set_page_config(layout="wide")
with st.container(horizontal=True):
    st.button("Another layout", on_click=lambda: st.session_state.update(seed=st.session_state.get("seed", 1) + 10))
    st.button("Mark 7", on_click=lambda: st.session_state.update(marks=map_view.Marks(7)))
    st.button("Rerun")
    gradient = st.toggle("Gradient")
    search = st.toggle("Search")
    hidden = st.toggle("Hide")
seed = st.session_state.get("seed", 1)
made = map_view.new_marks("map", f"made up {count}", count)
if made is not None:
    st.session_state["told"] = st.session_state.get("told", 0) + 1
    st.session_state["marks"] = made
marks = st.session_state.get("marks", map_view.Marks())
codes = clusters(count, 2, seed)[1]
names = NAMES + tuple(f"the {n}th of many categories with a long name" for n in range(8, int(asked.get("names", 8))))
points = drawn(count, kinds, seed, int(asked.get("lost", 0)))
near = [row for row in range(marks.point + 1, marks.point + 11) if row < count] if marks.point is not None else []
if hidden:
    st.stop()
map_view.show(
    points,
    map_view.Gradient(np.linspace(0, 1, count), 0, 1, "Share of the way", format="percent")
    if gradient
    else map_view.Categories(codes, names, (COLOURS * 32)[: len(names)]),
    key="map",
    marks=marks,
    labels=[
        map_view.Label(index, name, tuple(clusters(count, kind, seed + index)[2][code].tolist()), COLOURS[code])
        for index, kind in enumerate(kinds)
        for code, name in enumerate(NAMES)
    ],
    neighbours=near,
    false=[near[:2]] * len(kinds),
    torn=[near[-2:]] * len(kinds),
    matches=range(0, count, 50) if search else None,
    typed=[(0.0,) * kind for kind in kinds] if search else (),
    typed_text="a text of my own",
    look=map_view.Look(edges=True),
    camera=json.loads(asked["camera"]) if "camera" in asked else None,
    height=f"{int(asked.get('height', 640))}px",
)
st.text(f"told {st.session_state.get('told', 0)} times: {marks.point}, {len(marks.selected)} selected")
st.text(f"camera {json.dumps(map_view.camera('map'))}")
