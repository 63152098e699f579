#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The fake server alone: one line when ready; curl and openssl can send it a mail.
"$COUNTERSEAL" serve cases/selection/by_issuer.yaml --set tls=1.3 --set mode=starttls --artifacts "$WORK/serve" >"$WORK/ready" &
server=$!
check "it is ready" await 5 grep -q '"event":"ready"' "$WORK/ready"
value() { grep '"event":"ready"' "$WORK/ready" | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"; }
port=$(value port) trust=$(value trust)
printf 'Subject: hello\r\n\r\nA mail.\r\n' >"$WORK/mail"
expect 0 curl -sS --ipv4 --ssl-reqd "smtp://localhost:$port" --cacert "$trust" --cert "$WORK/serve/bob.pem" --key "$WORK/serve/bob.key" \
    --mail-from a@example.test --mail-rcpt b@example.test -T "$WORK/mail"
check "the mail is stored byte for byte" cmp "$WORK/mail" "$(ls "$WORK"/serve/*.eml | head -n 1)"
check "the events tell of it" await 2 grep -q '"event":"smtp.message"' "$WORK/ready"
coproc S { exec openssl s_client -quiet -starttls smtp -crlf -connect "127.0.0.1:$port" -CAfile "$trust" -verify_return_error 2>"$WORK/s_client"; }
s_client=$S_PID
dialogue() { printf '%s\n' "$1" >&"${S[1]}"; read -rt 5 line <&"${S[0]}"; [ "${line:0:3}" = "$2" ]; }
check "openssl says MAIL" dialogue "MAIL FROM:<a@example.test>" 503
printf 'HELO client.example.test\n' >&"${S[1]}"
read -rt 5 line <&"${S[0]}"
check "MAIL is taken" dialogue "MAIL FROM:<a@example.test>" 250
check "RCPT is taken" dialogue "RCPT TO:<b@example.test>" 250
check "DATA is taken" dialogue "DATA" 354
printf 'Subject: two\n\n' >&"${S[1]}"
check "the message is taken" dialogue "." 250
check "QUIT is taken" dialogue "QUIT" 221
wait "$s_client" 2>/dev/null
kill "$server"
wait "$server"
check "it ends with 0" [ $? = 0 ]
exit $failed
