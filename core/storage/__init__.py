"""Storage on disk between runs: vectors, arrays, and atomic writing of files."""
