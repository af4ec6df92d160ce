"""Open the nmrcam window: ``python main.py [FILES…] [--samples]``."""

from nmrcam_qt.launch import main

if __name__ == "__main__":
    raise SystemExit(main())
