import pandas as pd
import plotly.express as px

board = "MTEB v1"
rows = [
    ("all-MiniLM-L6-v2", 91_000_000, 56.26),
    ("all-mpnet-base-v2", 438_000_000, 57.8),
]

table = pd.DataFrame(rows, columns=["model", "bytes", board])
px.scatter(table, x="bytes", y=board, text="model", log_x=True).show()
