#!/bin/sh
# Lint, types and tests, on a machine that has Python and nothing else.
# Arguments go to pytest.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/bootstrap.sh"

bootstrap test
qt_ready window || exit 1
for program in chromium screen; do
    "${program}_ready" || [ -z "${NMRCAM_CI:-}" ] || exit 1
done
cd "$root" || exit 1

status=0
"$python" -m ruff check . || status=1
"$python" -m ruff format --check . || status=1
"$python" -m mypy || status=1
"$python" -m pytest "$@" || status=1
exit "$status"
