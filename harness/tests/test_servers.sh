#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Real mail servers under test: what `make setup` brings, and servers that are out of order.
chmod 755 "$WORK"
run() { "$COUNTERSEAL" run --artifacts "$WORK/evidence" "$@"; }

if [ "$(id -u)" = 0 ] && [ -x /usr/sbin/postfix ]; then
    expect 0 run cases/server/asked_and_known.yaml cases/server/expired_is_refused.yaml \
        cases/server/session_crosses_names.yaml --server postfix --filter 'mode=starttls,tls=1.3'
    says '2 passed, 0 failed, 1 skipped'
    says 'it has no virtual servers'
fi

# One that dies, one that is never ready, one that puts everybody off: an error each, with the end of its log.
profile() {
    cat >"$WORK/$1.yaml" <<PROFILE
title: out of order
modes: {starttls: ""}
ask: {no: ""}
versions: {"1.2": "", "1.3": "", "1.2..1.3": ""}
command: "/bin/sh {directory}/start {port}"
files:
  start: |
    $2
PROFILE
}
profile dies 'echo it is broken; exit 7'
expect 3 run cases/server/newest_version.yaml --server "$WORK/dies.yaml" --set mode=starttls
says 'the server ended with 7; its log ends: it is broken'
profile off 'exec python3 -I {here}/off.py $1'
cat >"$WORK/off.py" <<'PYTHON'
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    peer = listener.accept()[0]
    peer.sendall(b"220 hello\r\n")
    while peer.recv(1000):
        print("putting off", flush=True)
        peer.sendall(b"451 later\r\n")
PYTHON
expect 3 run cases/server/newest_version.yaml cases/server/newest_version.yaml --server "$WORK/off.yaml" --set mode=starttls
says 'its log ends: .*putting off'
check "no process is left" [ -z "$(marked 'off.py')" ]
check "no link is left" [ -z "$(find /tmp -maxdepth 1 -type l -lname "$WORK/*" 2>/dev/null)" ]

# Only this machine, unless it is allowed; and one end must be ours.
expect 2 run cases/server --server 192.0.2.1:25
says_err 'is not on this machine; with --remote'
expect 2 run cases/server --server postfix --client curl
says_err 'one of the two ends must be ours'
expect 2 run cases/server --server nobody
says_err 'there is no profile cases/servers/nobody.yaml'
exit $failed
