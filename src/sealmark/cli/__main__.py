"""`python -m sealmark.cli`: the same as the command `sealmark`."""

import sys

from sealmark.cli import main

if __name__ == "__main__":
    sys.exit(main())
