#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A fake server that is captured gives the scenario that it was made of: what is captured of it is equal line by line, and
# what is captured of the captured one as well.
serve() { # FILE DIRECTORY: in the background; $port, $server
    rm -f "$2/ready"
    "$COUNTERSEAL" serve "$1" --artifacts "$2" --cert-dir "$2" --ready-file "$2/ready" >"$2.events" 2>&1 </dev/null &
    server=$!
    await 10 [ -s "$2/ready" ] || { check "$1 is served" false; return 1; }
    port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$2/ready")
}
stop() { kill "$server" && wait "$server" 2>/dev/null; }
polite() { ! grep -qE '"verb":"(MAIL|RCPT|DATA|AUTH)"' "$1"; }
lines() { sed -n '/^server:/,/^client:/p' "$1" | grep -v '^ *#' | sed 's/ *#.*//'; }

while IFS= read -r -d '' text; do
    name=${text%%$'\n'*}
    options=${name#* }
    name=${name%% *}
    dir=$WORK/$name
    mkdir "$dir"
    { echo "title: $name"; echo "${text#*$'\n'}"; echo "steps:"; echo "  - send: {}"; } >"$dir.yaml"
    serve "$dir.yaml" "$dir" || continue
    case $options in *cert*) cert="--cert $dir/alice.pem --key $dir/alice.key" ;; *) cert= ;; esac
    case $options in *implicit*) mode=--implicit ;; *) mode=--starttls ;; esac
    expect 0 "$COUNTERSEAL" capture "127.0.0.1:$port" $mode --trust "$dir/trust.pem" $cert
    cp "$WORK/out" "$dir.captured.yaml"
    says "is verified with --trust"
    stop
    check "$name: it begins no mail and tries no password" polite "$dir.events"
    check "$name: the connections are not many" \
        [ "$(grep -c '"event":"connection.open"' "$dir.events")" -le 36 ]
    lines "$dir.yaml" >"$dir.want"
    lines "$dir.captured.yaml" >"$dir.got"
    check "$name is captured as it is" diff "$dir.want" "$dir.got"
    expect 0 "$COUNTERSEAL" check "$dir.captured.yaml"
    mkdir "$dir.again"
    serve "$dir.captured.yaml" "$dir.again" || continue
    case $cert in ?*) cert="--cert $dir.again/alice.pem --key $dir.again/alice.key" ;; esac
    expect 0 "$COUNTERSEAL" capture "127.0.0.1:$port" $mode --trust "$dir.again/trust.pem" $cert
    stop
    check "$name: what is captured of the captured one is equal" diff <(sed 1,3d "$dir.captured.yaml") <(sed 1,3d "$WORK/out")
done < <(tr '\001' '\0' <"harness/tests/server_capture.txt")

# Without the names that tell whose it is.
serve "$WORK/deep.captured.yaml" "$WORK/deep.again"
expect 0 "$COUNTERSEAL" capture "localhost:$port" --anonymise
nameless() { ! grep -qE "mx\.example|localhost port" "$1"; }
check "no name of the server is left" nameless "$WORK/out"
says 'names: \[host-1.example.test, host-2.example.test, localhost'
cp "$WORK/out" "$WORK/anonymous.yaml"
expect 0 "$COUNTERSEAL" check "$WORK/anonymous.yaml"
expect 2 "$COUNTERSEAL" capture "localhost:$port" --trust "$WORK/anonymous.yaml"
says_err 'there is no certificate in'
expect 3 "$COUNTERSEAL" capture "localhost:$port" --implicit
says_err 'does not begin TLS.*; is the mode right'
stop
printf 'title: t\nserver: {script: [{on: STARTTLS, reply: "454 4.7.0 not now"}]}\nsteps:\n  - send: {}\n' >"$WORK/refusing-tls.yaml"
mkdir "$WORK/refusing-tls"
serve "$WORK/refusing-tls.yaml" "$WORK/refusing-tls"
expect 3 "$COUNTERSEAL" capture "localhost:$port"
says_err 'STARTTLS is answered "454 4.7.0 not now", so there is nothing to capture'
stop

# What is refused, and why.
expect 2 "$COUNTERSEAL" capture nowhere
says_err 'is not HOST:PORT'
expect 2 "$COUNTERSEAL" capture 192.0.2.1:25
says_err 'is not on this machine; --remote'
expect 2 "$COUNTERSEAL" capture 127.0.0.1:1 --key x
says_err '--key wants --cert'
expect 3 "$COUNTERSEAL" capture 127.0.0.1:1
says_err 'cannot connect to 127.0.0.1 port 1'
exit $failed
