#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The reference client as a program, against the fake server: the sample of the .NET page, AUTH, what it refuses.
CLIENT=$BUILD/smtp_client

"$COUNTERSEAL" serve selection/asked_and_shown --set tls=1.3 --set mode=starttls --ready-file "$WORK/ready.json" \
    --cert-dir "$WORK/certs" --artifacts "$WORK/mail" >"$WORK/events" 2>"$WORK/server.err" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$WORK"' EXIT
check "the server is ready" await 10 test -s "$WORK/ready.json"
port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' "$WORK/ready.json")
alice=(--cert "$WORK/certs/alice.pem" --key "$WORK/certs/alice.key")
to_server=(--host localhost --port "$port" --trust "$WORK/certs/trust.pem")

# The sample program of the page is one command.
expect 0 "$CLIENT" "${to_server[@]}" "${alice[@]}" --use-default-credentials --enable-ssl \
    --from ben@contoso.com --to jane@contoso.com --subject 'Using the new SMTP client.' \
    --body 'Using this new feature, you can send an email message from an application very easily.'
says '^delivered$'
says '^  presented  [0-9a-f]{64} '
check "the server has the message" await 5 grep -q '^Subject: Using the new SMTP client\.' "$WORK/mail/1.eml"
check "sent by Ben" grep -q '^From: ben@contoso.com' "$WORK/mail/1.eml"
check "the text is in it" grep -q 'very easily\.' "$WORK/mail/1.eml"

# What .NET's configuration file says, and what goes before it (R65).
cat >"$WORK/app.config" <<XML
<configuration><system.net><mailSettings>
  <smtp from="ben@contoso.com"><network host="nobody.invalid" port="$port" enableSsl="true" clientDomain="of.the.file"/>
    <clientCertificates xmlns="urn:counterseal:client-certificates"><add file="certs/alice.pem" key="certs/alice.key"/></clientCertificates>
  </smtp>
</mailSettings></system.net></configuration>
XML
expect 0 "$CLIENT" --config "$WORK/app.config" --host localhost --trust "$WORK/certs/trust.pem"
says '^  presented  [0-9a-f]{64} '
check "EHLO says the file's domain" await 5 grep -q 'EHLO of.the.file' "$WORK/events"
expect 0 "$CLIENT" --config "$WORK/app.config" --host localhost --trust "$WORK/certs/trust.pem" --policy framework
says '^  presented  none '
expect 2 "$CLIENT" --config "$WORK/app.config" --policy mono
says_err 'app.config:2: Mono knows no attribute "clientDomain"'

# Several clients at once share the cache of sessions.
expect 0 "$CLIENT" "${to_server[@]}" "${alice[@]}" --repeat 3 --parallel 4
check "twelve reports" [ "$(grep -c '^delivered$' "$WORK/out")" = 12 ]
check "later ones resume" [ "$(grep -c '^  resumed    psk' "$WORK/out")" -ge 4 ]

# AUTH: every mechanism leaves as it is said; the password itself is in no event.
for auth in PLAIN LOGIN EXTERNAL; do
    user=(--user ben --user-password secret)
    [ $auth = EXTERNAL ] && user=()
    expect 0 "$CLIENT" "${to_server[@]}" "${alice[@]}" --auth $auth "${user[@]}"
    check "AUTH $auth was said" await 5 grep -q "AUTH $auth" "$WORK/events"
done
expect 1 "$CLIENT" "${to_server[@]}" "${alice[@]}" --auth CRAM-MD5 --user ben --user-password secret
says '^refused-by-smtp: AUTH failed'
# Two that the server offers when it is told to: it takes their first word, their last one would be a password.
cat >"$WORK/auth.yaml" <<'YAML'
title: Mechanisms that few servers offer
server: {ehlo_tls: [AUTH CRAM-MD5 XOAUTH2]}
steps:
  - send: {}
YAML
"$COUNTERSEAL" serve "$WORK/auth.yaml" --ready-file "$WORK/auth.json" --cert-dir "$WORK/auth" --artifacts "$WORK/auth" \
    >"$WORK/auth.events" 2>"$WORK/auth.err" &
other=$!
trap 'kill $server $other 2>/dev/null; wait $server $other 2>/dev/null; rm -rf "$WORK"' EXIT
check "the server with other mechanisms is ready" await 10 test -s "$WORK/auth.json"
for auth in CRAM-MD5 XOAUTH2; do
    expect 0 "$CLIENT" --host localhost --port "$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' "$WORK/auth.json")" \
        --trust "$WORK/auth/trust.pem" --auth $auth --user ben --user-password secret
    says '^delivered$'
    check "$auth made the client somebody" await 5 \
        grep -q "\"smtp.auth\".*\"$auth\",\"accepted\":true,\"authorized\":\"ben\"" "$WORK/auth.events"
done

# An address that is not ASCII goes by SMTPUTF8.
expect 0 "$CLIENT" "${to_server[@]}" "${alice[@]}" --to 'zoë@contoso.com'
check "MAIL says SMTPUTF8" await 5 grep -q 'MAIL FROM:.*SMTPUTF8' "$WORK/events"

# What cannot be used is told, and nothing is sent: no connection is opened.
before=$(grep -c connection.open "$WORK/events")
openssl pkcs12 -export -in "$WORK/certs/alice.pem" -inkey "$WORK/certs/alice.key" -out "$WORK/alice.p12" -passout pass:open
openssl pkey -in "$WORK/certs/alice.key" -aes128 -passout pass:open -out "$WORK/sealed.key" 2>/dev/null
openssl genpkey -algorithm ED25519 -out "$WORK/other.key"
refused() {
    local text=$1
    shift
    expect 2 "$CLIENT" "${to_server[@]}" "$@"
    says_err "$text"
}
refused 'alice.p12: the password does not open it' --cert "$WORK/alice.p12" --password shut
refused 'alice.p12: it wants a password' --cert "$WORK/alice.p12"
refused 'other.key: this is not the key of the certificate' --cert "$WORK/certs/alice.pem" --key "$WORK/other.key"
refused 'sealed.key: the key is encrypted, and there is no password' --cert "$WORK/certs/alice.pem" --key "$WORK/sealed.key"
refused 'it is a directory' --cert "$WORK"
refused 'it is a directory' --trust "$WORK"
refused '70000: it must be' --port 70000
refused 'line break' --to $'jane@contoso.com>\r\nRCPT TO:<joe@contoso.com'
refused 'line break' --from $'ben@contoso.com\nBcc: joe@contoso.com'
refused 'subject' --subject $'x\r\nBcc: joe@contoso.com'
refused 'header' --header $'X-A: b\r\n\r\nanother body'
refused 'no host|no name' --host $'localhost\r\nX'
refused 'domain is one word' --domain $'x\r\nMAIL FROM:<>'
refused 'TLS has no place' --pickup-directory "$WORK" --enable-ssl
refused 'Mono has no default' --policy mono --use-default-credentials
sed 's/host=/hots=/' "$WORK/app.config" >"$WORK/bad.config"
refused 'bad.config:2: <network> has no attribute "hots", only host, port' --config "$WORK/bad.config"
check "no connection was opened" [ "$(grep -c connection.open "$WORK/events")" = "$before" ]

# Certificates of every form, held by content.
expect 0 "$CLIENT" "${to_server[@]}" --cert "$WORK/alice.p12" --password open
says '^  presented  [0-9a-f]{64} '

# A pickup directory takes the message with its envelope.
expect 0 "$CLIENT" --pickup-directory "$WORK/mail" --bcc hidden@contoso.com --html '<b>x</b>' --attach "$WORK/app.config"
check "the envelope is in front" grep -q '^X-Receiver: hidden@contoso.com' "$WORK"/mail/*[0-9a-f][0-9a-f].eml
check "there is an attachment" grep -q 'filename="app.config"' "$WORK"/mail/*[0-9a-f][0-9a-f].eml

# Every option is in the help.
expect 0 "$CLIENT" --help
for option in config policy cert key password user auth use-default-credentials pickup-directory attach misbehave; do
    says "^  --$option\b"
done
expect 2 "$CLIENT" --subjct x
says_err "subjct"
exit $failed
