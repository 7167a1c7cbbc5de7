"""What the Similarity page is made of."""
