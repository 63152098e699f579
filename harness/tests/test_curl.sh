#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A real client: what curl does wrong it must be seen doing wrong, and nothing else.
"$COUNTERSEAL" run cases/ --client curl --artifacts "$WORK/evidence" --keep never >"$WORK/out" 2>"$WORK/err"
code=$?
check "a run with curl ends with 0 or 1, not $code" [ "$code" -le 1 ]
check "no case could not be judged" [ "$(grep -c '^ERROR' "$WORK/out")" = 0 ]
expect 1 "$COUNTERSEAL" run connection/never_reused_as_another --client curl --artifacts "$WORK/evidence" --keep never
says '^FAIL .*never_reused_as_another\[mode=starttls,tls=1.2\]'
says '^FAIL .*never_reused_as_another\[mode=starttls,tls=1.3\]'
says '^ok .*never_reused_as_another\[mode=implicit,tls=1.2\]'
says '^ok .*never_reused_as_another\[mode=implicit,tls=1.3\]'
says 'SAFE-1'
says '^counterseal: 2 passed, 2 failed, 0 skipped'
expect 0 "$COUNTERSEAL" run resumption/never_resumed_as_another --client curl --artifacts "$WORK/evidence" --keep never
says '^counterseal: 4 passed, 0 failed, 0 skipped'
exit $failed
