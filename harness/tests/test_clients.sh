#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The contract of clients (cases/clients/README.md): what a profile may say, what a client that does not keep to it looks like.
run() { expect "$1" "$COUNTERSEAL" run "${@:2}" --no-progress --artifacts "$WORK/evidence"; }
script() { printf '#!/bin/sh\n%s\n' "$2" >"$WORK/$1"; chmod +x "$WORK/$1"; }
one="selection/not_asked_not_shown --set tls=1.3 --set mode=starttls"
# A client that is not installed is skipped.
printf 'command: nobody {host} {port}\nversion: nobody --version\npackages: [nobody-tools]\n' >"$WORK/nobody.yaml"
run 0 $one --client "$WORK/nobody.yaml"
says '^skip .*not installed: cannot run nobody.*make setup-clients.* brings nobody-tools'
says '^counterseal: 0 passed, 0 failed, [12] skipped'
expect 0 "$COUNTERSEAL" clients "$WORK/nobody.yaml" curl
says 'curl, the command-line tool, version [0-9]'
says 'not installed: cannot run nobody'
says '^2 clients, 1 of them here'
# A profile with mistakes is told, and plays nothing.
printf 'comand: x\nfiles: {../x: "{hots}"}\n' >"$WORK/bad.yaml"
run 2 $one --client "$WORK/bad.yaml"
says_err 'bad.yaml:1:1: comand: unknown key "comand" \(did you mean "command"\?\)'
says_err 'unknown placeholder \{hots\} \(did you mean \{host\}\?\)'
run 2 $one --client curl=
run 2 $one --client "$WORK/nobody.yaml=x"
# The user's own configuration stays outside: HOME is empty, the environment clean.
mkdir "$WORK/user"
printf 'fail-early\nno-such-option\n' >"$WORK/user/.curlrc"
script nosy 'ls -A "$HOME" | sed "s/^/home: /" >&2; env | grep -E "SSL_CERT_FILE|EDITOR" >&2; exec curl -sS "$@"'
cat >"$WORK/nosy.yaml" <<END
command: $WORK/nosy
send: "--ssl-reqd --url smtp://{host}:{port} --cacert {trust} --mail-from {from} --mail-rcpt {to} -T {message}"
END
HOME="$WORK/user" SSL_CERT_FILE=/nowhere EDITOR=vi run 0 $one --client "$WORK/nosy.yaml" --keep always
check "it sees nothing of its user" [ ! -s "$(find "$WORK/evidence/nosy" -name client.err | head -n 1)" ]
# A message on standard input, a configuration file, an environment.
script configured '. ./conf/settings; [ "$MINE" = "of $PORT" ] || exit 9; exec curl -sS --ssl-reqd --url "smtp://$HOST:$PORT" --cacert "$TRUST" --mail-from a@example.test --mail-rcpt b@example.test -T -'
cat >"$WORK/configured.yaml" <<END
command: $WORK/configured
variables: {MINE: "of {port}"}
files:
  conf/settings: |
    HOST={host}
    PORT={port}
    TRUST={trust}
    CERT={cert}
END
run 0 $one --client "$WORK/configured.yaml"
says '^counterseal: [12] passed, 0 failed'
# The worked example of the contract is one that works, in under 30 lines.
sed -n '/^```yaml/,/^```$/{//!p}' cases/clients/README.md | sed '/^known:/,$d' >"$WORK/example.yaml"
check "it is short" [ "$(wc -l <"$WORK/example.yaml")" -lt 30 ]
run 0 selection/asked_and_shown --client "$WORK/example.yaml"
says '^counterseal: 8 passed, 0 failed, 0 skipped'
exit $failed
