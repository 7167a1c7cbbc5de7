"""Long work: whose turn it is, and the child process that does it."""
