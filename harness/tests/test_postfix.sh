#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The sample of the .NET page as one command against Debian's Postfix, in a directory of its own: relay to a local mailbox.
. "$(dirname "$0")/postfix.sh"

# An authority, the server, alice.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=alpha -days 2 -keyout "$P/ca.key" \
    -out "$P/ca.pem" 2>/dev/null
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$P/$1.key" -out "$P/$1.csr" 2>/dev/null
    openssl x509 -req -in "$P/$1.csr" -CA "$P/ca.pem" -CAkey "$P/ca.key" -CAcreateserial -days 2 -out "$P/$1.pem" \
        -extfile <(echo "subjectAltName=DNS:$1") 2>/dev/null
}
issue localhost
issue alice

postfix_configure
check "Postfix runs" start || { cat "$P/start" "$P/log"; exit 1; }

expect 0 "$BUILD/smtp_client" --host localhost --port "$port" --trust "$P/ca.pem" --cert "$P/alice.pem" --key "$P/alice.key" \
    --use-default-credentials --enable-ssl --from ben@contoso.com --to jane@contoso.com --subject 'Using the new SMTP client.' \
    --body 'Using this new feature, you can send an email message from an application very easily.'
says '^delivered$'
check "Jane has the mail" await 10 grep -qs 'very easily\.' "$P/mail/jane"
check "Postfix knows alice" grep -qs 'Client CN "alice", Issuer "alpha" (verified OK)' "$P/mail/jane"
# Her session is resumed for her, and for nobody else.
expect 0 "$BUILD/smtp_client" --host localhost --port "$port" --trust "$P/ca.pem" --cert "$P/alice.pem" --key "$P/alice.key" \
    --to jane@contoso.com --repeat 2
says '^  resumed    psk'
expect 0 "$BUILD/smtp_client" --host localhost --port "$port" --trust "$P/ca.pem" --to jane@contoso.com
says '^  presented  none'
[ $failed = 0 ] || cat "$P/log"
exit $failed
