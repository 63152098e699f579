#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Ten real clients, as make setup installs them, each with a telling selection of cases: none fails, and none just skips.
clients="curl curl-gnutls msmtp mutt s-nail swaks openssl-s_client gnutls-cli"
for client in python-smtplib perl-net-smtp; do
    [ ! -f cases/clients/$client.yaml ] || clients="$clients $client"
done
cases="selection/asked_and_shown anonymous/required_but_missing transport/refused_by_smtp transport/starttls_refused
    transport/server_of_another_name connection/never_reused_as_another resumption/never_resumed_as_another"
expect 0 "$COUNTERSEAL" run $cases $(printf -- '--client %s ' $clients) --no-progress --artifacts "$WORK/evidence" --keep failed \
    --report html:"$WORK/matrix.html" --report markdown:"$WORK/matrix.md" --report json:"$WORK/matrix.json"
for client in $clients; do
    check "$client is here" [ "$(grep -cE "^skip .*  $client .*not installed" "$WORK/out")" = 0 ]
    check "$client plays" [ "$(grep -cE "^(pass|warn|known) .*  $client  " "$WORK/out")" -ge 15 ]
    check "$client has a column" grep -q ">$client</th>" "$WORK/matrix.html"
    check "$client has a version" grep -qE "^\| ${client//_/\\\\_} \| [0-9]" "$WORK/matrix.md"
done
xmllint --html --noout "$WORK/matrix.html" 2>"$WORK/lint" || check "the page is well made" false
check "links lead to evidence" [ -d "$WORK/$(sed -n 's/.*](<\(evidence[^>]*\)>).*/\1/p' "$WORK/matrix.md" | head -n 1)" ]
exit $failed
