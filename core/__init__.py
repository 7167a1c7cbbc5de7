"""Embedscope's library: models, encoders, similarity, search, maps and timings, without the dashboard.

Import its modules in a notebook (`from core import encoders, models`) or run `python -m core --help`.
"""
