"""The Evaluate page's views and what they share."""
