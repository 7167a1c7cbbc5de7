"""What only one page needs: one folder a page."""
