"""Data to plotly figures, one file per page; `style` holds the shared colours and layout."""
