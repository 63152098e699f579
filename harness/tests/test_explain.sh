#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Broken set-ups, each explained by the right sentences, and by the same ones in every report, of every client.
mkdir "$WORK/cases"
awk -v to="$WORK/cases" '/^---$/ { next } /^# [a-z_0-9]+$/ { file = to "/" $2 ".yaml" } file { print > file }' \
    harness/tests/explain/set_ups.yaml
n=$(ls "$WORK/cases" | wc -l)
check "there are set-ups enough" [ "$n" -ge 25 ]

expect 1 "$COUNTERSEAL" run "$WORK/cases" --artifacts "$WORK/evidence" --report console --report "json:$WORK/report.json" \
    --report "junit:$WORK/report.xml" --report "tap:$WORK/report.tap" --report "html:$WORK/matrix.html"
cat >"$WORK/compare.py" <<'PYTHON'
import html, json, os, re, sys
work, report, names = sys.argv[1], sys.argv[2], sys.argv[3:]
dates = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
others = {}
if not names:
    for name in ("out", "report.xml", "report.tap", "matrix.html"):
        text = open(os.path.join(work, name)).read()
        others[name] = html.unescape(text).replace('\\"', '"').replace("\\\\", "\\")
bad = seen = 0
for case in json.load(open(report))["cases"]:
    name = case["id"].split("/")[-1]
    if names and name not in names:
        continue
    seen += 1
    text = open(os.path.join(work, "cases", name + ".yaml")).read()
    want = re.findall(r"^# why: (.*)$", text, re.M)
    got = [dates.sub("DATE", cause["text"]) for cause in case["causes"]]
    if not want or want != got:
        print("    %s (%s):\n      wanted %r\n      got    %r" % (name, case["client"], want, got))
        bad = 1
    for where, words in others.items():
        for cause in case["causes"]:
            if cause["text"] not in words:
                print("    %s: %s does not say %r" % (name, where, cause["text"]))
                bad = 1
sys.exit(bad or seen == 0 or (bool(names) and seen != len(names)))
PYTHON
check "each is explained by its sentences, in every report" python3 "$WORK/compare.py" "$WORK" "$WORK/report.json"

# From the files alone the words are the same, also when the folder lies elsewhere; the newest is the default.
for folder in "$WORK"/evidence/reference/*; do
    mv "$folder" "$WORK/moved"
    "$COUNTERSEAL" explain "$WORK/moved" >"$WORK/out" 2>"$WORK/err"
    while read -r line; do
        check "explain says of ${folder##*/}: $line" grep -qF -- "$line" "$WORK/out"
    done <"$WORK/moved/explanation.txt"
    check "something is explained of ${folder##*/}" [ -s "$WORK/moved/explanation.txt" ]
    mv "$WORK/moved" "$folder"
done
touch "$WORK/evidence/reference/pins/case.json"
expect 0 "$COUNTERSEAL" explain --artifacts "$WORK/evidence"
says "^pins  reference  fail"
says "alice is none of the certificates that the server has pinned: alice-2"

# Where only the server's events are at hand, what is not known is said to be so.
mkdir "$WORK/events"
cp "$WORK/evidence/reference/issuer_unknown_3/events.jsonl" "$WORK/events"
expect 0 "$COUNTERSEAL" explain "$WORK/events"
says "what both ends were given is not known"
says "does not trust unknown \(CN=bob,O=counterseal\)'s issuer CN=beta; whom it trusts is not known"
cp "$WORK/evidence/reference/key_missing/events.jsonl" "$WORK/events"
expect 0 "$COUNTERSEAL" explain "$WORK/events"
says "the client sent an empty list; which certificates it had is not known"
expect 2 "$COUNTERSEAL" explain "$WORK"
says_err "is no evidence: there is no events.jsonl"
expect 2 "$COUNTERSEAL" explain "$WORK/events" "$WORK/events"
expect 5 "$COUNTERSEAL" explain --artifacts "$WORK/nowhere"

# Of a real client, of which the server's events alone are known.
same="issuer_unknown_2 issuer_unknown_3 nobody_required_2 nobody_required_3 intermediate_not_sent expired not_yet \
    issuer_expired usage self_signed revoked pins no_account no_relay went_on late_at_rcpt not_asked rsa_for_ecdsa no_host \
    no_starttls starttls_refused script_alert reply_refused server_unknown server_expired server_chain"
expect 1 "$COUNTERSEAL" run $(for s in $same; do echo "$WORK/cases/$s.yaml"; done) --client curl --no-known -q \
    --artifacts "$WORK/evidence" --report "json:$WORK/curl.json"
check "curl's failures are explained by the same words" python3 "$WORK/compare.py" "$WORK" "$WORK/curl.json" $same
exit $failed
