#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Each case of history is passed by the client that behaves, and by none that has the fault named in it (x-caught-by).
declare -A cases_of
for case in cases/history/*.yaml; do
    fault=$(sed -n 's/^x-caught-by: //p' "$case")
    check "$case says which fault it catches" [ -n "$fault" ]
    cases_of[$fault]+=" $case"
done
for fault in "${!cases_of[@]}"; do
    expect 1 "$COUNTERSEAL" run ${cases_of[$fault]} --misbehave "$fault" --strict --no-progress --artifacts "$WORK/evidence"
    check "$fault passes nowhere: $(grep '^pass' "$WORK/out" | head -n 3)" grep -q '^counterseal: 0 passed' "$WORK/out"
done
exit $failed
