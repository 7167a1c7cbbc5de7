"""The Verdict page: its controls, what it weighs, what it shows."""
