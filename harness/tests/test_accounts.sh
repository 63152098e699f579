#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Accounts by certificate: AUTH EXTERNAL of a real client as itself, as whom it may act, as whom it may not; a quota.
cat >"$WORK/accounts.yaml" <<'YAML'
title: A server with two accounts
server:
  client_certificate:
    ask: request
    trust: [alpha]
    without_identity: "530"
    accounts:
      staff: {certificate: alice, act_as: [boss], quota: 2}
      guest: {subject: "CN=dave,O=counterseal", external: no}
client:
  certificates: [alice, dave]
steps:
  - send: {}
YAML
"$COUNTERSEAL" serve "$WORK/accounts.yaml" --artifacts "$WORK/serve" >"$WORK/ready" &
server=$!
check "it is ready" await 5 grep -q '"event":"ready"' "$WORK/ready"
port=$(grep '"event":"ready"' "$WORK/ready" | sed -n 's/.*"port":\([0-9]*\).*/\1/p')
printf 'Subject: hello\r\n\r\nA mail.\r\n' >"$WORK/mail"
# as CODE WHO USER: curl's exit code, the certificate, the authorization identity.
as() {
    expect "$1" curl -sS --ipv4 --ssl-reqd "smtp://localhost:$port" --cacert "$WORK/serve/trust.pem" --cert "$WORK/serve/$2.pem" \
        --key "$WORK/serve/$2.key" --login-options AUTH=EXTERNAL --user "$3:" --mail-from a@example.test --mail-rcpt b@example.test -T "$WORK/mail"
}
told() { check "the events tell: $1" await 2 grep -qE "\"event\":\"smtp.auth\".*$1" "$WORK/ready"; }
as 0 alice staff
told '"accepted":true,"authorized":"staff"'
as 0 alice boss
told '"accepted":true,"authorized":"boss"'
as 67 alice stranger
told '"accepted":false,"authorized":""'
as 67 dave guest
check "two messages were taken" [ "$(grep -c '"event":"smtp.message"' "$WORK/ready")" = 2 ]
as 55 alice staff
check "the quota is used up" grep -q '"452 4.7.1 ' "$WORK/ready"
kill "$server"
wait "$server"
check "it ends with 0" [ $? = 0 ]
exit $failed
