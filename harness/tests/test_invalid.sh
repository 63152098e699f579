#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Every broken file is refused with its expected message, and nothing is run.
n=0
for bad in cases/invalid/*.yaml.bad; do
    n=$((n + 1))
    expect 2 "$COUNTERSEAL" check "$bad"
    check "$bad is refused as expected" diff -u "${bad%.yaml.bad}.expected" "$WORK/err"
    expect 2 "$COUNTERSEAL" run "$bad"
done
check "there are at least 15 broken files, not $n" [ "$n" -ge 15 ]
exit $failed
