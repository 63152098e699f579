#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Every library whose driver is here tells a delivery, and each kind of refusal apart.
clients=()
for driver in $(sed -n 's|.*{here}/\([a-z.]*\).*|\1|p' cases/clients/*.yaml | sort -u); do
    clients+=(--client "$(basename "$(grep -l "{here}/$driver" cases/clients/*.yaml | sort | head -n 1)" .yaml)")
done
expect 0 "$COUNTERSEAL" run 'selection/asked_and_shown[ask=require,mode=starttls,tls=1.3]' 'transport/starttls_refused[code=454]' \
    'selection/unknown_authority_is_refused[mode=starttls,tls=1.3]' 'transport/greeting_refuses[mode=implicit]' \
    --no-progress --artifacts "$WORK/evidence" "${clients[@]}"
says '^pass +selection/asked_and_shown.* python-smtplib'
exit $failed
