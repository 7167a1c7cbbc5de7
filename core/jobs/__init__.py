"""Long work: the queue for it, and the child process that does it."""
