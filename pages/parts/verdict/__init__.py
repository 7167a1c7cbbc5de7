"""The Verdict page: its controls, its candidates, its report."""
