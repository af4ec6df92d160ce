"""``python -m nmrcam_qt`` is the command line ``nmrcam``."""

import sys

from nmrcam_qt.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
