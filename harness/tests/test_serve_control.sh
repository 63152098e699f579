#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# A fake server that a test suite drives: a file when it is ready, certificates in a folder, orders on standard input.
cat >"$WORK/two.yaml" <<'YAML'
title: Two policies
spec: [CC-03]
server:
  tls: "1.3"
  mode: starttls
  client_certificate: {ask: request, trust: [alpha]}
  script:
    - {on: NOOP, times: 1, reply: "450 once"}
  ports:
    submissions: {mode: implicit, client_certificate: {ask: require}}
client:
  certificates: [alice]
steps:
  - send: {}
    expect: {outcome: delivered}
  - server: {tls: "1.2"}
    send: {}
    expect: {outcome: delivered}
YAML
coproc S { exec "$COUNTERSEAL" serve "$WORK/two.yaml" --artifacts "$WORK/mail" --cert-dir "$WORK/certs" --ready-file "$WORK/ready" 2>"$WORK/err"; }
server=$S_PID
exec 5<&"${S[0]}" 6>&"${S[1]}"
check "the ready file comes" await 5 [ -s "$WORK/ready" ]
check "it is one line of JSON" [ "$(wc -l <"$WORK/ready")" = 1 ]
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$WORK/ready")
check "the certificates are there" openssl verify -CAfile "$WORK/certs/alpha.pem" "$WORK/certs/alice.pem" >"$WORK/out"
check "so is what clients trust" [ -s "$WORK/certs/trust.pem" ]

# order WORDS: gives an order, reads events up to its answer.
order() {
    printf '%s\n' "$1" >&6
    while read -rt 10 line <&5; do
        printf '%s\n' "$line" >>"$WORK/lines"
        [[ $line == *'"event":"answer"'* ]] && return 0
    done
    return 1
}
answers() { check "$1 is answered $2" order "$1" && check "$1 is answered $2" grep -qF -- "$2" <<<"$line"; }
mail() {
    expect "$1" curl -sS --ipv4 -k "smtp://localhost:$port" --ssl-reqd --cert "$WORK/certs/alice.pem" --key "$WORK/certs/alice.key" \
        --mail-from a@example.test --mail-rcpt b@example.test -T "$WORK/message"
}
printf 'Subject: hello\r\n\r\nA mail.\r\n' >"$WORK/message"
mail 0
two=$(sed -n 's/.*"submissions":\([0-9]*\).*/\1/p' "$WORK/ready")
refused() { # the other port, which wants a certificate
    ! curl -s --max-time 10 --tlsv1.3 --cacert "$WORK/certs/trust.pem" "smtps://localhost:$two" --mail-from a@example.test \
        --mail-rcpt b@example.test -T "$WORK/message"
}
check "the other port has its own policy" refused
answers sync '"ok":true'
check "it is told by its name" grep -q '"event":"connection.open".*"port":"submissions"' "$WORK/lines"
check "events come while it runs" grep -q '"event":"smtp.message"' "$WORK/lines"
check "the message is stored" cmp "$WORK/message" "$WORK/mail/1.eml"
answers step '"ok":true,"step":2'
mail 0
check "the second step is in force" order sync
check "with its settings" grep -q '"event":"tls.handshake".*"step":2.*"version":"1.2"' "$WORK/lines"
answers step 'there is no step 3'
answers "step 1" '"ok":true,"step":1'
answers "step x" 'is not the number of a step'
answers jump 'is not one of step [N], reset, sync, stop'
noop() { printf 'EHLO a.example.test\r\nNOOP\r\nQUIT\r\n' | curl -s --max-time 5 "telnet://127.0.0.1:$port" | grep -c '^450'; }
check "the script has its turn" [ "$(noop)" = 1 ]
check "once" [ "$(noop)" = 0 ]
answers reset '"ok":true,"step":1'
check "and once again after a reset" [ "$(noop)" = 1 ]
answers stop '"ok":true'
wait "$server"
check "it ends with 0" [ $? = 0 ]
check "the capture opens decrypted" [ "$(HOME=$WORK tshark -r "$WORK/mail/capture.pcapng" -Y 'smtp.req.command == "MAIL"' 2>/dev/null | wc -l)" = 2 ]
check "the secrets stand alone, too" [ -s "$WORK/mail/keys.log" ]
exit $failed
