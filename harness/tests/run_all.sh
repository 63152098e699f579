#!/usr/bin/env bash
# Runs every test of the programs, or those that are named: run_all.sh [NAME ...]
set -u
cd "$(dirname "$0")/../.." || exit 3
passed=0 failed=0
for test in harness/tests/test_*.sh; do
    name=$(basename "$test" .sh)
    [ $# -eq 0 ] || [[ " $* " == *" ${name#test_} "* ]] || continue
    echo "  SYSTEM  ${name#test_}"
    if bash "$test"; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "          failed: $test"
    fi
done
echo "system: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
