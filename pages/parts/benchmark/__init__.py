"""The views of the Benchmark page, one file each; `show` draws it from top to bottom."""
