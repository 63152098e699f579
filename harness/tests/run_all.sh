#!/usr/bin/env bash
# Runs every test of the programs, or those that are named: run_all.sh [NAME ...]. Two for each processor at a time, as
# most of them wait for what they provoke.
set -u
cd "$(dirname "$0")/../.." || exit 3
one() {
    local output
    if output=$(bash "$1" 2>&1); then
        echo "  SYSTEM  $2${output:+
$output}"
    else
        echo "  SYSTEM  $2
$output
          failed: $1"
        echo "$2" >>"$FAILED"
    fi
}
export -f one
FAILED=$(mktemp)
export FAILED
trap 'rm -f "$FAILED"' EXIT
tests=()
for test in harness/tests/test_*.sh; do
    name=$(basename "$test" .sh)
    [ $# -eq 0 ] || [[ " $* " == *" ${name#test_} "* ]] || continue
    tests+=("$test" "${name#test_}")
done
printf '%s\0' "${tests[@]}" | xargs -0 -n 2 -P $((2 * $(nproc))) bash -c 'one "$1" "$2"' one
failed=$(wc -l <"$FAILED")
echo "system: $((${#tests[@]} / 2 - failed)) passed, $failed failed"
[ "$failed" -eq 0 ] && [ ${#tests[@]} -gt 0 ]
