#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The sample of the .NET page as one command against Debian's Postfix, in a directory of its own: relay to a local mailbox.
postfix=$(PATH=$PATH:/usr/sbin command -v postfix)
if [ -z "$postfix" ] || [ "$(id -u)" != 0 ]; then
    echo "    skipped: it needs the package postfix, and root (postfix: ${postfix:-missing}, user: $(id -un))"
    exit 0
fi
P=$WORK/postfix
trap '"$postfix" -c "$P/etc" stop >/dev/null 2>&1; await 10 rm -rf "$WORK" 2>/dev/null' EXIT
chmod 755 "$WORK"
mkdir -p "$P/etc" "$P/spool" "$P/data" "$P/mail"
chown postfix "$P/data"
chown nobody "$P/mail"

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

# So many settings that nothing of the system's own Postfix is used.
cat >"$P/etc/main.cf" <<CF
compatibility_level = 3.6
queue_directory = $P/spool
data_directory = $P/data
maillog_file = $P/log
maillog_file_prefixes = $WORK
myhostname = localhost
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
virtual_mailbox_domains = contoso.com
virtual_mailbox_base = $P/mail
virtual_mailbox_maps = inline:{ jane@contoso.com=jane }
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
smtpd_relay_restrictions = permit_tls_all_clientcerts, reject_unauth_destination
smtpd_tls_security_level = may
smtpd_tls_cert_file = $P/localhost.pem
smtpd_tls_key_file = $P/localhost.key
smtpd_tls_CAfile = $P/ca.pem
smtpd_tls_ask_ccert = yes
smtpd_tls_received_header = yes
CF
start() {
    port=$((20000 + RANDOM % 10000))
    # All services of Debian's but those of the network, none of them in a changed root.
    awk '/^[a-z]/ && $2 != "inet" && $1 != "postlog" { $5 = "n"; print }' /usr/share/postfix/master.cf.dist >"$P/etc/master.cf"
    echo "127.0.0.1:$port inet n - n - - smtpd" >>"$P/etc/master.cf"
    echo "postlog unix-dgram n - n - 1 postlogd" >>"$P/etc/master.cf"
    "$postfix" -c "$P/etc" start >"$P/start" 2>&1 && await 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null
}
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
