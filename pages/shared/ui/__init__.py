"""Controls and outputs that the pages share."""
