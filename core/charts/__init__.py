"""Data to plotly figures, one file a page; `style` holds the colours and the layout that all share."""
