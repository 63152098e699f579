#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Every fault of the reference client makes a run fail, with the rule that it breaks in the text.
while read -r fault rule cases; do
    expect 1 "$COUNTERSEAL" run --misbehave "$fault" --artifacts "$WORK/evidence" --no-progress $cases
    says "broken: .*$rule|^ +$rule "
done <<'EOF'
store-under-first SAFE-2 resumption/stored_under_the_one_sent
resume-anyone SAFE-2 resumption/never_resumed_as_another
resume-by-path SAFE-2 resumption/renewed_under_the_same_path
ignore-names SEED-R24 selection/by_issuer
ignore-types CC-25 request/certificate_types
ignore-filters CC-05 request/oid_filters
certificate-unasked CC-01 selection/not_asked_not_shown
plaintext-fallback SAFE-3 transport/starttls_not_offered
report-delivered-always SAFE-5 anonymous/required_but_missing
reuse-connection SAFE-1 connection/never_reused_as_another
believe-plaintext SAFE-4 transport/reply_injected_after_starttls
give-up-without EM-01 anonymous/empty_collection
never-resume SEED-S4 resumption/by_psk
withhold-certificate SEED-R23 history/configured_and_never_sent
key-without-host RS-28 hosts/session_of_another_name
key-without-port SEED-R50 resumption/another_port_is_another_server
key-without-trust SEED-R37 resumption/other_trust_is_another_key
key-without-versions SEED-R47 resumption/other_versions_are_another_key
keyless-is-anonymous SEED-R45 resumption/keyless_first_is_not_anonymous
reuse-tickets RS-52 resumption/ticket_is_used_once
keep-old-tickets RS-39 clock/old_ticket
keep-old-certificates SEED-R40 clock/session_of_an_expired_certificate
crash SAFE-6 connection/each_mail_its_own
hang SAFE-6 connection/each_mail_its_own --set deadline=1
EOF
expect 0 "$COUNTERSEAL" help faults
while read -r fault _; do
    check "$fault is among the mutants" grep -qE "^client +$fault " harness/tests/mutants.txt
done < <(grep '^  [a-z]' "$WORK/out")
# The table of mutants, and the places in the code, are the same.
grep -rhoE 'MUTANT\([a-z0-9_]+\)' fake_server harness --include='*.c' | sed 's/MUTANT(//; s/)//' | sort -u >"$WORK/places"
sed -nE 's/^(server|observe|verdict) +([a-z0-9_]+) .*/\2/p' harness/tests/mutants.txt | sort >"$WORK/rows"
check "mutants.txt and MUTANT() agree" diff "$WORK/places" "$WORK/rows"
while read -r rule; do
    check "$rule is a rule with a case" grep -q . < <("$COUNTERSEAL" list --spec "$rule")
done < <(awk '!/^#/ { print $3 }' harness/tests/mutants.txt | sort -u)
exit $failed
