"""What is kept on disk between runs: vectors, arrays, and how a file is written whole."""
