"""What the pages share: the frame around them, inputs, outputs, and caches."""
