#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# What is kept of a case: a capture that opens decrypted with no key file given, the PKI, a script that plays it again.
shark() { HOME=$WORK tshark -r "$1/capture.pcapng" -Y "$2" 2>"$WORK/shark.err" >"$WORK/shark"; }
shows() { grep -qF -- "$1" "$WORK/shark"; }
check "tshark is installed (make setup)" command -v tshark >"$WORK/where"
expect 0 "$COUNTERSEAL" run cases/selection/by_issuer.yaml --keep always --artifacts "$WORK/kept"
n=0
for folder in "$WORK"/kept/reference/selection/*; do
    n=$((n + 1))
    name=$(basename "$folder")
    mv "$folder/keys.log" "$WORK/keys"
    shark "$folder" smtp
    for line in "C: EHLO" "C: MAIL FROM:<" "C: RCPT TO:<" "C: DATA" "S: 354"; do
        check "$name: tshark shows \"$line\"" shows "$line"
    done
    [[ $name != *starttls* ]] || check "$name: tshark shows STARTTLS" shows "C: STARTTLS"
    [[ $name != *implicit* ]] || check "$name: nothing is in the clear" [ "$(grep -c STARTTLS "$WORK/shark")" = 0 ]
    shark "$folder" '_ws.malformed || tcp.analysis.flags'
    check "$name: tshark complains of nothing" [ ! -s "$WORK/shark" ]
    check "$name: the secrets also stand alone" grep -qE '^CLIENT_(RANDOM|TRAFFIC_SECRET_0) [0-9a-f]{64} [0-9a-f]+$' "$WORK/keys"
    check "$name: the PKI is there" openssl verify -CAfile "$folder/pki/beta.pem" "$folder/bob.pem" >"$WORK/out"
    check "$name: both transcripts are there" [ -s "$folder/events.jsonl" -a -s "$folder/transcript.txt" ]
done
check "4 cases were kept, not $n" [ "$n" = 4 ]

# Of a handshake that failed there may be no secrets: the capture is kept all the same.
expect 0 "$COUNTERSEAL" run cases/anonymous --keep always --artifacts "$WORK/anonymous"
check "every folder has a capture" [ "$(find "$WORK/anonymous" -name capture.pcapng -size +0 | wc -l)" = "$(find "$WORK/anonymous" -name rerun.sh | wc -l)" ]

# By default a case that failed is kept, one that passed is not.
expect 1 "$COUNTERSEAL" run cases/selection/by_issuer.yaml --misbehave ignore-names --artifacts "$WORK/failed"
check "failed cases keep their capture" [ "$(find "$WORK/failed" -name capture.pcapng | wc -l)" -gt 0 ]
expect 0 "$COUNTERSEAL" run cases/selection/by_issuer.yaml --artifacts "$WORK/passed"
check "passed cases keep nothing" [ "$(find "$WORK/passed" -name '*.*' -type f | wc -l)" = 0 ]

# rerun.sh finds its way from another folder, and takes more options.
rerun=$folder/rerun.sh
expect 0 sh -c 'cd / && exec "$@"' sh "$rerun" --artifacts "$WORK/again"
says '1 passed, 0 failed'
check "it keeps what it played" [ "$(find "$WORK/again" -name capture.pcapng | wc -l)" = 1 ]
# A name that nobody has is no certificate that the evidence could hold.
expect 0 "$COUNTERSEAL" run request/names_nobody_has --keep always --artifacts "$WORK/names"
exit $failed
