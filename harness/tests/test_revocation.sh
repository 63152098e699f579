#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The fake server alone with a revocation list made by openssl: who is on it is refused, who is not gets in.
FAKE_SERVER=$PWD/$BUILD/fake_server
cd "$WORK" || exit 1
serial=10
key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
expect 0 openssl req -x509 $key -keyout ca.key -out ca.pem -subj /CN=ca -days 2
for who in good bad; do
    expect 0 openssl req $key -keyout $who.key -out $who.csr -subj /CN=$who
    expect 0 openssl x509 -req -in $who.csr -CA ca.pem -CAkey ca.key -set_serial $((++serial)) -days 2 -out $who.pem
done
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/db\ncrlnumber=%s/n\ndefault_md=sha256\ndefault_crl_days=2\n' "$WORK" "$WORK" >cnf
: >db
echo 01 >n
expect 0 openssl ca -config cnf -keyfile ca.key -cert ca.pem -revoke bad.pem
expect 0 openssl ca -config cnf -keyfile ca.key -cert ca.pem -gencrl -out crl.pem
expect 3 "$FAKE_SERVER" --crl ca.pem
says_err 'ca.pem holds no revocation list'
"$FAKE_SERVER" --trust ca.pem --crl crl.pem --ask require >events &
server=$!
check "it is ready" await 5 grep -q '"event":"server.ready"' events
port=$(sed -n 's/.*"event":"server.ready".*"port":\([0-9]*\).*/\1/p' events)
show() { timeout 10 openssl s_client -quiet -starttls smtp -connect "127.0.0.1:$port" -cert "$1.pem" -key "$1.key" >out 2>err <<<QUIT; }
show good
check "the good one gets in" await 5 grep -q '"event":"tls.handshake".*"subject":"CN=good"' events
show bad
check "the bad one is refused" await 5 grep -q '"event":"tls.alert".*"name":"certificate_revoked"' events
check "the bad one is nobody" eval '! grep -q "\"subject\":\"CN=bad\"" events'
kill "$server"
wait "$server"
exit $failed
