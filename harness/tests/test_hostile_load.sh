#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Clients that would wear a server out: more than it takes at once, five hundred that never finish what they begin, a
# storm of renegotiations, a message and a command that do not end. The server stays small, tells what it stopped, and serves the next client at once. `make bench-server` has the
# full sizes.
"$BUILD/fake_server" --deadline 120 >"$WORK/events.jsonl" 2>"$WORK/err" &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$WORK"' EXIT
ready() { grep -q server.ready "$WORK/events.jsonl"; }
check "the server is ready" await 10 ready
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$WORK/events.jsonl" | head -n 1)
rss_mib() { awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$server/status"; }
grows_less_than() { [ $(($(rss_mib) - before)) -lt "$1" ] || { echo "    $before -> $(rss_mib) MiB"; false; }; }
before=$(rss_mib)

mkfifo "$WORK/hold"
"$BUILD/load" crowd "$port" 2050 <"$WORK/hold" >"$WORK/crowd" &
crowd=$!
exec 9>"$WORK/hold"
is_there() { grep -q greeted "$WORK/crowd"; }
check "two thousand and fifty connections are open" await 60 is_there
check "two thousand of them are greeted, not $(cat "$WORK/crowd")" grep -qx "greeted 2000" "$WORK/crowd"
limit=200
[[ $BUILD != *san ]] || limit=2000
check "they take less than $limit MiB" grows_less_than $limit
exec 9>&-
wait $crowd
told() { [ "$(grep -c '"event":"limit".*"what":"connections"' "$WORK/events.jsonl")" = 1 ]; }
check "the others are told of, once" await 10 told
check "the next client is served" await 20 "$BUILD/load" next "$port" >"$WORK/next"

# Each is declined, and none is left behind.
expect 0 "$BUILD/load" renegotiations "$port" 200 4
declined() { [ "$(grep -c '"direction":"sent".*"name":"no_renegotiation"' "$WORK/events.jsonl")" = 200 ]; }
check "two hundred renegotiations are declined" await 10 declined
check "the next client is served" "$BUILD/load" next "$port" >"$WORK/next"
before=$(rss_mib)

"$BUILD/load" loris "$port" 500 <"$WORK/hold" >"$WORK/loris" &
loris=$!
exec 9>"$WORK/hold"
hangs() { grep -q open "$WORK/loris"; }
check "five hundred connections hang" await 20 hangs
check "all of them do" grep -q "open 500" "$WORK/loris"
check "the next client is served" "$BUILD/load" next "$port" >"$WORK/next"
expect 0 "$BUILD/load" data "$port" 67108864
says "code 421"
expect 0 "$BUILD/load" line "$port" 10485760
says "code 500"
check "the next client is served" "$BUILD/load" next "$port" >"$WORK/next"
limit=100
[[ $BUILD != *san ]] || limit=1000 # a sanitizer keeps what was freed
check "five hundred connections and what they sent take less than $limit MiB" grows_less_than $limit
exec 9>&-
wait $loris
for what in "message size" "line length"; do
    check "the limit is told: $what" grep -q "\"event\":\"limit\".*\"what\":\"$what\"" "$WORK/events.jsonl"
done
check "the server is alive" kill -0 $server
exit $failed
