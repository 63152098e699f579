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
certificate-unasked CC-01 selection/not_asked_not_shown
plaintext-fallback SAFE-3 transport/starttls_not_offered
report-delivered-always SAFE-5 anonymous/required_but_missing
reuse-connection SAFE-1 connection/never_reused_as_another
believe-plaintext SAFE-4 transport/reply_injected_after_starttls
give-up-without EM-01 anonymous/empty_collection
never-resume SEED-S4 resumption/by_psk
crash SAFE-6 connection/each_mail_its_own
hang SAFE-6 connection/each_mail_its_own --set deadline=1
EOF
expect 0 "$COUNTERSEAL" help faults
while read -r fault _; do
    check "$fault has a case of its own" grep -q "misbehave: $fault\$" cases/selftest/*.yaml
done < <(grep '^  [a-z]' "$WORK/out")
exit $failed
