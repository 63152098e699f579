#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A client that crashes, hangs, floods or forks away is a result, never the end of the run.
run() { expect "$1" "$COUNTERSEAL" run selection/not_asked_not_shown --set tls=1.3 --set deadline=1 --no-progress --artifacts "$WORK/evidence" --client "$2 {host} {port} {cert}"; }
script() { printf '#!/bin/sh\n%s\n' "$2" >"$WORK/$1"; chmod +x "$WORK/$1"; }
script crash 'kill -SEGV $$'
run 1 "$WORK/crash"
says "got crashed"
says "SAFE-6"
script hang 'exec tail -f /dev/null'
run 1 "$WORK/hang"
says "got timeout"
script flood 'exec yes'
run 1 "$WORK/flood"
says "got timeout"
script flood_errors 'exec yes >&2'
run 1 "$WORK/flood_errors"
script away 'setsid tail -f /dev/null & setsid sh -c "tail -f /dev/null & tail -f /dev/null" & exit 0'
run 1 "$WORK/away"
check "what a client left behind is gone" [ -z "$(marked 'tail')" ]
script liar 'exit 0'
run 1 "$WORK/liar"
says "SAFE-5"
expect 3 "$COUNTERSEAL" run selection/not_asked_not_shown --set tls=1.3 --artifacts "$WORK/evidence" --client "$WORK/nobody {host} {port}"
says "cannot run .*nobody: No such file"
says "^counterseal: 0 passed, 1 failed, 1 skipped|^counterseal: 0 passed, 2 failed, 0 skipped"
exit $failed
