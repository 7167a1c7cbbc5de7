"""The Projector page's parts: where points come from, how they are laid out, coloured, found, marked and saved."""
