"""The parts of the Embed page."""
