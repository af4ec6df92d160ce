"""The same work without a screen.

Every command is a module with ``add_parser(subparsers)`` and ``run(args) -> int``. Their
imports stay light: ``nmrcam --help`` loads neither TensorFlow nor matplotlib nor Pillow.
Results go to stdout, everything else to stderr. Exit status: 0 all fine, 2 usage,
3 some inputs failed, 130 interrupted.
"""

OK, USAGE, SOME_FAILED, INTERRUPTED = 0, 2, 3, 130
