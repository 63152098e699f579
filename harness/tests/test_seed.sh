#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# What a server does at random it does again with the same seed, and not with another; a failing case says which seed it
# was.
garbage() { # SEED: what a server with that seed sends
    expect 0 "$COUNTERSEAL" run wire/garbage --set tls=1.3 --set at=MAIL --seed "$1" --keep always --no-progress \
        --artifacts "$WORK/$1" >/dev/null
    grep -h smtp.inject "$WORK/$1"/*/*/*/events.jsonl | sed 's/.*"bytes"://'
}
once=$(garbage 5) again=$(garbage 5) other=$(garbage 6)
check "there is garbage" [ ${#once} -gt 200 ]
check "the same seed sends the same" [ "$once" = "$again" ]
check "another one does not" [ "$once" != "$other" ]
check "the record tells the seed" grep -q '"event":"server.ready".*"seed":5' "$WORK"/5/*/*/*/events.jsonl
check "the command that runs it again tells it, too" grep -q -- "--seed 5" "$WORK"/5/*/*/*/rerun.sh
expect 2 "$COUNTERSEAL" run wire/garbage --seed zero
says_err "seed: \"zero\" is not a number"
exit $failed
