#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A failure as a folder that stands alone: a CVE that is live in Debian's curl, shown again where no repository is.
case="connection/never_reused_as_another[mode=starttls,tls=1.3]"
expect 0 "$COUNTERSEAL" repro "$case" --client curl --no-known "$WORK/made"
says "never_reused_as_another\[mode=starttls,tls=1.3\]  curl"
mkdir "$WORK/elsewhere"
mv "$WORK/made" "$WORK/elsewhere"
made="$WORK/elsewhere/made"
for file in README.txt run.sh report.txt versions.txt cases/connection/never_reused_as_another.yaml client/curl.yaml \
    pki/alice.key pki/bob.pem pki/mail.key evidence/capture.pcapng evidence/events.jsonl evidence/transcript.txt \
    evidence/explanation.txt evidence/commands.txt evidence/case.json evidence/alice.pem; do
    check "there is $file" [ -s "$made/$file" ]
done
check "no fifo is left" [ -z "$(find "$made" -type p)" ]
check "nothing else is left" [ ! -e "$made/.played" ]
check "the exact command stands there" grep -q '^curl -q .*--mail-from' "$made/evidence/commands.txt"
check "README says what was expected and got" grep -q 'expected bob, got alice' "$made/README.txt"
check "README says why" grep -q 'no new connection was opened: the mail went over connection 1' "$made/README.txt"
check "versions are told" grep -qE '^client: curl .*version [0-9]' "$made/versions.txt"
check "the TLS library is told" grep -qE '^TLS library of the client: [A-Z]' "$made/versions.txt"
check "the system is told" grep -q '^system: .*Linux' "$made/versions.txt"
check "the capture is one" sh -c "tshark -r '$made/evidence/capture.pcapng' -Y smtp 2>/dev/null | grep -q 'MAIL FROM'"

mkdir "$WORK/empty"
program=$PWD/$COUNTERSEAL
show() { (cd "$WORK/empty" && exec env -u CDPATH sh "$made/run.sh"); }
expect 0 show
says "the failure was shown again: connections: expected 1"
check "its evidence is left" [ -n "$(find "$made/again" -name events.jsonl)" ]
check "the keys are those of the run" cmp "$made/pki/alice.key" "$(find "$made/again" -name alice.key | head -n 1)"
differ() { ! cmp -s "$1" "$2"; }
check "the certificates are not" differ "$made/pki/alice.pem" "$(find "$made/again" -name alice.pem | head -n 1)"
check "the empty directory stays empty" [ -z "$(ls -A "$WORK/empty")" ]

# A client in which it is mended does not show it.
cat >"$WORK/mended" <<'END'
#!/bin/sh
exit 2
END
chmod +x "$WORK/mended"
COUNTERSEAL="$WORK/mended" expect 3 show
says_err "could not be tried"
cat >"$WORK/mended" <<'END'
#!/bin/sh
exit 0
END
COUNTERSEAL="$WORK/mended" expect 1 show
says "was not shown again: the case holds"

# The reference client, with a fault; from PATH when the program is no longer where it was.
expect 0 "$COUNTERSEAL" repro selection/by_issuer --misbehave ignore-names --set tls=1.3 --set mode=implicit "$WORK/reference"
sed -i "s|:-[^}]*}|:-$WORK/gone}|" "$WORK/reference/run.sh"
made="$WORK/reference"
mkdir "$WORK/bin"
ln -s "$program" "$WORK/bin/counterseal"
PATH="$WORK/bin:$PATH" expect 0 show
says "the failure was shown again"

# What cannot be made says so and leaves nothing.
expect 2 "$COUNTERSEAL" repro selection/by_issuer "$WORK/none"
says_err "nothing failed, so there is nothing to show"
check "no folder is left" [ ! -e "$WORK/none" ]
expect 2 "$COUNTERSEAL" repro selection/by_issuer "$WORK/bin"
says_err "is not empty: name a folder that is not there yet"
expect 2 "$COUNTERSEAL" repro selection/by_issuer
says_err "repro wants a case and a folder"
expect 2 "$COUNTERSEAL" repro selection/nobody "$WORK/none"
exit $failed
