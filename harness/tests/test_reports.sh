#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Reports are whole, valid, and there also when cases fail.
expect 1 "$COUNTERSEAL" run selection/by_issuer selection/not_asked_not_shown --misbehave ignore-names --artifacts "$WORK/evidence" \
    --report "junit:$WORK/deep/er/report.xml" --report "tap:$WORK/report.tap" --report "json:$WORK/report.json"
check "JUnit is valid" xmllint --noout --quiet --schema reports/junit.xsd "$WORK/deep/er/report.xml"
check "TAP has its plan first" [ "$(sed -n 2p "$WORK/report.tap")" = "1..8" ]
check "TAP has every point" [ "$(grep -cE '^(not )?ok [0-9]+ ' "$WORK/report.tap")" = 8 ]
check "JSON names its schema" grep -q '"schema"' "$WORK/report.json"
check "the evidence of a failed case is kept" [ -s "$WORK/evidence/reference/selection/by_issuer,mode=starttls,tls=1.3/events.jsonl" ]
check "the evidence of a passed case is not" [ ! -e "$WORK/evidence/reference/selection/not_asked_not_shown,mode=starttls,tls=1.3" ]
says "selection/by_issuer.yaml:[0-9]+:[0-9]+"
says "run again: "
check "the last line is the count" [ "$(tail -n 1 "$WORK/out")" = "counterseal: 4 passed, 4 failed, 0 skipped" ]
expect 0 "$COUNTERSEAL" run selection/by_issuer --artifacts "$WORK/evidence" --report tap
says "^TAP version 13"
says_err "^counterseal: 4 passed, 0 failed, 0 skipped"
expect 3 "$COUNTERSEAL" run selection/by_issuer --artifacts "$WORK/evidence" --report tap:/dev/full
says_err "cannot write /dev/full"
expect 0 "$COUNTERSEAL" run selection/by_issuer --keep always --artifacts "$WORK/evidence"
check "--keep always keeps it" [ -s "$WORK/evidence/reference/selection/by_issuer,mode=starttls,tls=1.3/transcript.txt" ]
check "a case can be run again by its script" sh "$WORK/evidence/reference/selection/by_issuer,mode=starttls,tls=1.3/rerun.sh" --artifacts "$WORK/again" >/dev/null
exit $failed
