"""`python -m core COMMAND`: the command line."""

import os

from core.cli import main

if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
