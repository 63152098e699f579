#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A real client: what curl does wrong it must be seen doing wrong, and nothing else.
run() { expect "$1" "$COUNTERSEAL" run "${@:2}" --artifacts "$WORK/evidence" --keep never; }
"$COUNTERSEAL" run cases/ --client curl --artifacts "$WORK/evidence" --keep never >"$WORK/out" 2>"$WORK/err"
code=$?
check "a run with curl ends with 0 or 1, not $code" [ "$code" -le 1 ]
check "no case could not be judged" [ "$(grep -c '^ERROR' "$WORK/out")" = 0 ]
cves="connection/never_reused_as_another connection/plaintext_not_for_tls"
run 0 $cves --client curl
says '^known .*never_reused_as_another\[mode=starttls,tls=1.2\].*CVE-2026-8286'
says '^known .*never_reused_as_another\[mode=starttls,tls=1.3\].*CVE-2026-8286'
says '^pass .*never_reused_as_another\[mode=implicit,tls=1.2\]'
says '^pass .*never_reused_as_another\[mode=implicit,tls=1.3\]'
says '^known .*plaintext_not_for_tls.*CVE-2026-4873'
says '^counterseal: 5 passed, 0 failed, 0 skipped'
run 1 $cves --client curl --no-known
says '^FAIL .*never_reused_as_another\[mode=starttls,tls=1.3\]'
says '^FAIL .*plaintext_not_for_tls'
says 'SAFE-1'
says 'SAFE-3'
says '^counterseal: 2 passed, 3 failed, 0 skipped'
# Taken out of the profile they are failures, and so they are of a version that is said to be mended.
sed '/^known:/,$d' cases/clients/curl.yaml >"$WORK/curl.yaml"
run 1 $cves --client "$WORK/curl.yaml"
says '^counterseal: 2 passed, 3 failed, 0 skipped'
# Another build through the same profile: one that says that it is mended, and is not.
cat >"$WORK/newer" <<'END'
#!/bin/sh
[ "$1" != --version ] || { echo "curl 8.21.0 (x86_64-pc-linux-gnu) libcurl/8.21.0 OpenSSL/3.5.0"; exit 0; }
exec curl "$@"
END
chmod +x "$WORK/newer"
run 1 $cves --client curl="$WORK/newer"
says '^counterseal: 2 passed, 3 failed, 0 skipped'
# A deviation that is gone fails the run until the profile is mended.
printf '  - {cases: selection/not_asked_not_shown*, reason: none, source: none}\n' | cat cases/clients/curl.yaml - >"$WORK/curl.yaml"
run 1 selection/not_asked_not_shown --client "$WORK/curl.yaml"
says '^FIXED .*not_asked_not_shown'
says 'a known deviation is gone, take it out of '
run 0 resumption/never_resumed_as_another --client curl
says '^counterseal: 4 passed, 0 failed, 0 skipped'
exit $failed
