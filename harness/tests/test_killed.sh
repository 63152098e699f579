#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# kill -9 on the coordinator: nothing is left; Ctrl-C: nothing is left and the report is valid.
many=(run cases/ -j 4 --keep never --artifacts "$WORK/evidence" --client reference
    --client "$BUILD/smtp_client --host {host} --port {port} --mode {mode} --trust {trust} [--cert {cert} --key {key}] --from {from} [--to {to}] --message {message}")
check "there are 200 cases" [ "$("$COUNTERSEAL" list | wc -l)" -ge 180 ]
"$COUNTERSEAL" "${many[@]}" >"$WORK/out" 2>&1 &
run=$!
check "cases are being played" await 10 grep -q '^pass ' "$WORK/out"
kill -9 "$run"
wait "$run" 2>/dev/null
nothing_left() { [ -z "$(marked "$BUILD|curl|counterseal")" ]; }
check "nothing is left after kill -9" await 2 nothing_left

"$COUNTERSEAL" "${many[@]}" --report console --report "junit:$WORK/report.xml" --report "tap:$WORK/report.tap" >"$WORK/out2" 2>&1 &
run=$!
check "cases are being played" await 10 grep -q '^pass ' "$WORK/out2"
begun=$(date +%s%N)
kill -INT "$run"
wait "$run"
code=$?
check "an interrupted run ends with 130, not $code" [ "$code" = 130 ]
check "it ends within a second" [ $((($(date +%s%N) - begun) / 1000000)) -lt 1000 ]
check "the partial report is valid" xmllint --noout --quiet --schema reports/junit.xsd "$WORK/report.xml"
check "TAP bails out" grep -q '^Bail out!' "$WORK/report.tap"
check "the count is the last line" grep -qE '^counterseal: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' <(tail -n 1 "$WORK/out2")
check "nothing is left after Ctrl-C" await 1 nothing_left
exit $failed
