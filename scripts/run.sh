#!/bin/sh
# Start nmrcam with the sample session on a machine that has Python and nothing else.
# Without a display the same samples are analysed into ./nmrcam-demo/.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/bootstrap.sh"

bootstrap
if has_display && qt_ready window; then
    exec "$venv/bin/nmrcam-qt" --samples "$@"
fi
say "no window can be opened here: analysing the samples into ./nmrcam-demo/ instead"
"$venv/bin/nmrcam" demo --out nmrcam-demo
