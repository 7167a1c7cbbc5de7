"""Parts that only one page needs: one folder per page."""
