#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A client that crashes, hangs, floods or forks away is a result, never the end of the run.
run() { expect "$1" "$COUNTERSEAL" run selection/not_asked_not_shown --set tls=1.3 --set deadline=1 --no-progress --artifacts "$WORK/evidence" --client "$2 {host} {port} {cert}"; }
script() { printf '#!/bin/sh\n%s\n' "$2" >"$WORK/$1"; chmod +x "$WORK/$1"; }
script crash 'kill -SEGV $$'
run 1 "$WORK/crash"
says "got crashed"
says "SAFE-6"
script hang 'exec tail -f /dev/null'
run 1 "$WORK/hang"
says "got timeout"
script flood 'exec yes'
run 1 "$WORK/flood"
says "got timeout"
script flood_errors 'exec yes >&2'
run 1 "$WORK/flood_errors"
script away 'setsid tail -f /dev/null & setsid sh -c "tail -f /dev/null & tail -f /dev/null" & exit 0'
run 1 "$WORK/away"
says "it went on in the background \\(.+\\), so that its exit code tells nothing"
check "what a client left behind is gone" [ -z "$(marked 'tail')" ]
script less 'exec tail -f /dev/null'
script pager "$WORK/less >/dev/null"
run 1 "$WORK/pager"
says "when its time was up there still ran: .+"
script asks 'printf "Password: "; read -r answer </dev/tty || read -r answer || exit 1'
run 1 "$WORK/asks"
says "it asked for a password, which nobody was there to type: Password: "
script astray 'echo "cannot reach mx.example.com" >&2; exit 7'
run 1 "$WORK/astray"
says "got connect-failed"
says "no connection came to the server"
script liar 'exit 0'
run 1 "$WORK/liar"
says "SAFE-5"
# A driver that does not keep to the contract cannot be judged by.
driver() {
    printf 'command: sh %s\ndriver: yes\n' "$WORK/driver.sh" >"$WORK/driver.yaml"
    printf '%s\n' "$2" >"$WORK/driver.sh"
    expect "$1" "$COUNTERSEAL" run selection/not_asked_not_shown --set tls=1.3 --set mode=starttls --set deadline=2 --no-progress \
        --artifacts "$WORK/evidence" --client "$WORK/driver.yaml"
}
driver 3 'read -r line; echo hello; cat >/dev/null'
says "the client's driver: it answered with no JSON object: hello"
driver 3 'read -r line; printf "%s\n%s\n" "{\"step\":1,\"outcome\":\"tls-failed\"}" "{\"step\":1,\"outcome\":\"delivered\"}"; cat >/dev/null'
says "the client's driver: it answered twice for step 1"
driver 3 'read -r line; echo "{\"step\":7,\"outcome\":\"tls-failed\"}"; cat >/dev/null'
says "the client's driver: it answered for step 7, not for step 1"
driver 3 'read -r line; echo "{\"step\":1,\"outcome\":\"sent\"}"; cat >/dev/null'
says "\"sent\" is no outcome; they are delivered"
driver 3 'exit 4'
says "the client's driver ended with 4 and without an answer"
driver 1 'cat >/dev/null'
says "got timeout"
expect 3 "$COUNTERSEAL" run selection/not_asked_not_shown --set tls=1.3 --artifacts "$WORK/evidence" --client "$WORK/nobody {host} {port}"
says "cannot run .*nobody: No such file"
says "^counterseal: 0 passed, 1 failed, 1 skipped|^counterseal: 0 passed, 2 failed, 0 skipped"
exit $failed
