#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Trouble with the machine is told as such: no directory, no room, a port in use.
expect 3 "$COUNTERSEAL" run selection/not_asked_not_shown --artifacts /dev/null/evidence
says "cannot make directory"
bash -c "trap '' XFSZ; ulimit -f 0; exec '$COUNTERSEAL' run selection/not_asked_not_shown --keep always --artifacts '$WORK/evidence'" 2>&1 | cat >"$WORK/out"
check "a full disk ends with 3" [ "${PIPESTATUS[0]}" = 3 ]
says "cannot write .*File too large"
"$COUNTERSEAL" serve cases/selection/by_issuer.yaml --set tls=1.3 --set mode=starttls --artifacts "$WORK/serve" >"$WORK/ready" &
server=$!
check "it is ready" await 5 grep -q '"event":"ready"' "$WORK/ready"
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$WORK/ready" | head -n 1)
expect 3 "$COUNTERSEAL" serve cases/selection/by_issuer.yaml --set tls=1.3 --set mode=starttls --port "$port" --artifacts "$WORK/serve2"
says_err "cannot listen on 127.0.0.1 port $port: Address already in use"
kill "$server"
wait "$server"
exit $failed
