# Debian's Postfix in a directory of its own, for tests that source lib.sh first: relay to a local mailbox.
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


# An authority in $P/ca.pem, and localhost's certificate in $P/localhost.pem with its key, are to be there.
postfix_configure() {
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
smtpd_tls_loglevel = 1
CF
}
start() {
    port=$((20000 + RANDOM % 10000))
    # All services of Debian's but those of the network, none of them in a changed root.
    awk '/^[a-z]/ && $2 != "inet" && $1 != "postlog" { $5 = "n"; print }' /usr/share/postfix/master.cf.dist >"$P/etc/master.cf"
    echo "127.0.0.1:$port inet n - n - - smtpd" >>"$P/etc/master.cf"
    echo "postlog unix-dgram n - n - 1 postlogd" >>"$P/etc/master.cf"
    "$postfix" -c "$P/etc" start >"$P/start" 2>&1 && await 10 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null
}
