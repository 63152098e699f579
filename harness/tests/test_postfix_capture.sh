#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Debian's Postfix captured: the file is short, and the fake server made of it negotiates the same with four clients.
. "$(dirname "$0")/postfix.sh"

# The cast's identities, so that the same clients fit both servers.
printf 'title: t\nclient: {certificates: [alice]}\nsteps:\n  - send: {}\n' >"$WORK/cast.yaml"
serve() { # FILE DIRECTORY
    "$COUNTERSEAL" serve "$1" --artifacts "$2" --cert-dir "$2" --ready-file "$2/ready" >"$2.events" 2>&1 </dev/null &
    server=$!
    check "$1 is served" await 10 [ -s "$2/ready" ]
}
stop() { kill "$server" && wait "$server" 2>/dev/null; }
mkdir "$WORK/cast" "$WORK/fake"
serve "$WORK/cast.yaml" "$WORK/cast"
stop
cp "$WORK/cast/trust.pem" "$P/ca.pem"
cp "$WORK/cast/mail.pem" "$P/localhost.pem"
cp "$WORK/cast/mail.key" "$P/localhost.key"
postfix_configure
check "Postfix runs" start || { cat "$P/start" "$P/log"; exit 1; }

expect 0 "$COUNTERSEAL" capture "127.0.0.1:$port" --cert "$WORK/cast/alice.pem" --key "$WORK/cast/alice.key" \
    --trust "$P/ca.pem"
cp "$WORK/out" "$WORK/captured.yaml"
check "the file has under 60 lines" [ "$(wc -l <"$WORK/captured.yaml")" -lt 60 ]
says '^# Its certificate is verified with --trust'
says '^  certificate: mail$'
says '^  chain: \[alpha\]$'
says '^  tls: "1\.[0-2]\.\.1\.3"'
says '^    ask: request'
says '^    names: \[alpha\]'
says '^  sessions: \{.*lifetime: [0-9]+'
says '^  ehlo: \[PIPELINING, SIZE'
says 'STARTTLS is answered "220 2.0.0 Ready to start TLS"'
check "nothing was sent" [ -z "$(ls -A "$P/mail")" ]
polite() { ! grep -qE "(mail|rcpt|data|auth)=" "$P/log"; }
check "Postfix saw no mail begun" polite
expect 0 "$COUNTERSEAL" check "$WORK/captured.yaml"

# A mail by each client, with and without a certificate, to the server at a port with the files of a directory.
printf 'From: a@example.test\nTo: jane@contoso.com\nSubject: x\n\nA mail.\n' >"$WORK/mail"
with_curl() {
    curl -sS --ipv4 --ssl-reqd "smtp://localhost:$port" --cacert "$1/trust.pem" ${2:+--cert "$1/alice.pem" --key "$1/alice.key"} \
        --mail-from a@example.test --mail-rcpt jane@contoso.com -T "$WORK/mail"
}
with_msmtp() {
    msmtp -C /dev/null --host=localhost --port="$port" --tls=on --tls-starttls=on --tls-trust-file="$1/trust.pem" \
        ${2:+--tls-cert-file="$1/alice.pem" --tls-key-file="$1/alice.key"} --from=a@example.test jane@contoso.com <"$WORK/mail"
}
with_python() {
    python3 -I - "$port" "$1" "$2" <<'PYTHON'
import smtplib, ssl, sys
port, directory, certified = sys.argv[1:]
context = ssl.create_default_context(cafile=directory + "/trust.pem")
if certified:
    context.load_cert_chain(directory + "/alice.pem", directory + "/alice.key")
with smtplib.SMTP("localhost", int(port)) as client:
    client.starttls(context=context)
    client.sendmail("a@example.test", ["jane@contoso.com"], "Subject: x\r\n\r\nA mail.\r\n")
PYTHON
}
with_reference() {
    "$BUILD/smtp_client" --host localhost --port "$port" --trust "$1/trust.pem" ${2:+--cert "$1/alice.pem" --key "$1/alice.key"} \
        --enable-ssl --from a@example.test --to jane@contoso.com --body x
}
each() { # DIRECTORY
    local client
    for client in curl msmtp python reference; do
        expect 0 "with_$client" "$1" yes
        expect 0 "with_$client" "$1" ""
    done
}
each "$WORK/cast"
await 10 grep -q 'status=sent' "$P/log"
# "Trusted TLS connection established from x: TLSv1.3 with cipher C (256/256 bits) key-exchange G server-signature ..."
facts_of_postfix() {
    sed -E 's/ECDHE \(([^)]*)\)/\1/; s/prime256v1|P-256/secp256r1/' "$P/log" |
        sed -nE 's/.*: (Trusted|Untrusted|Anonymous) TLS connection established from [^ ]*: TLSv([0-9.]+) with cipher ([^ ]+) .* key-exchange ([^ ]+) .*/\1 \2 \3 \4/p' |
        sed -E 's/^Trusted/alice/; s/^(Anonymous|Untrusted)/none/' | tail -n 8 | tr 'A-Z' 'a-z'
}
serve "$WORK/captured.yaml" "$WORK/fake"
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$WORK/fake/ready")
each "$WORK/fake"
stop
facts_of_fake() {
    python3 -I - "$WORK/fake.events" <<'PYTHON'
import json, sys
for line in open(sys.argv[1]):
    if '"tls.handshake"' in line:
        event = json.loads(line)
        who = "alice" if "alice" in event["subject"] else "none"
        print(who, event["version"], event["cipher"].lower(), event["group"].lower())
PYTHON
}
facts_of_postfix >"$WORK/postfix.facts"
facts_of_fake >"$WORK/fake.facts"
check "Postfix tells of eight mails" [ "$(wc -l <"$WORK/postfix.facts")" = 8 ]
check "four clients meet the same, with and without a certificate" diff "$WORK/postfix.facts" "$WORK/fake.facts"
[ $failed = 0 ] || { cat "$WORK/captured.yaml"; tail -n 30 "$P/log"; }
exit $failed
