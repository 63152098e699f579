#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The command line: help, exit codes, the nearest word.
expect 0 "$COUNTERSEAL" help
says "^  run "
says "^  130  ended by a signal"
expect 0 "$COUNTERSEAL" version
says "^counterseal [0-9.]+ \(OpenSSL 3"
expect 0 "$COUNTERSEAL" run --help
says "--client NAME"
expect 2 "$COUNTERSEAL" rum
says_err 'unknown command "rum" \(did you mean "run"\?\)'
expect 2 "$COUNTERSEAL" run --cleint curl
says_err 'did you mean "--client"'
expect 2 "$COUNTERSEAL" run no/such/file.yaml
says_err "no/such/file.yaml"
expect 2 "$COUNTERSEAL" run no-such-case
says_err 'no file and no case is called "no-such-case"'
expect 2 "$COUNTERSEAL" run --report pdf
says_err "not one of console, tap, junit, json"
expect 2 "$COUNTERSEAL" run --misbehave ignore-name
says_err 'did you mean "ignore-names"'
expect 2 "$COUNTERSEAL" run --client nobody
says_err "no profile cases/clients/nobody.yaml"
expect 2 "$COUNTERSEAL" run --client reference:nobody
says_err 'policy "nobody" is not one of doc, framework, dotnet-linux, mono, openssl'
# As another policy the reference client is judged as any other: what it should do is a warning.
expect 0 "$COUNTERSEAL" run selection/by_issuer policies/named_is_shown --client reference:mono --client reference:openssl
says '^skip .*\[mode=starttls,tls=1.3\]  reference-mono  .*nothing newer than TLS 1.2'
says '^warn .*by_issuer.*  reference-openssl'
expect 2 "$COUNTERSEAL" run --set tsl=1.3
says_err "no file has such a variant or key"
expect 5 "$COUNTERSEAL" run --tag no-such-tag
expect 0 "$COUNTERSEAL" list selection/by_issuer
check "four variants are listed" [ "$(wc -l <"$WORK/out")" = 4 ]
says '^selection/by_issuer\[mode=implicit,tls=1.2\]$'
expect 0 "$COUNTERSEAL" list 'selection/by_issuer[mode=starttls,*'
check "two variants are listed" [ "$(wc -l <"$WORK/out")" = 2 ]
expect 0 "$COUNTERSEAL" list selection/by_issuer --set tls=1.3
check "two variants are left by --set" [ "$(wc -l <"$WORK/out")" = 2 ]
expect 0 "$COUNTERSEAL" check cases/
says "no mistakes"
exit $failed
