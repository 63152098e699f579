#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Every rule has a case or a reason, and a row that is missing, or one too many, is told.
expect 0 "$COUNTERSEAL" coverage
says '^CC-03 .*selection/by_issuer'
says '^coverage: [0-9]+ rules have a case \((1[89]|2)[0-9]+ requirements of RFCs\), [0-9]+ have a reason, 0 wrong$'

# In a house of its own with one case.
program=$(realpath "$COUNTERSEAL")
mkdir -p "$WORK/house/cases" "$WORK/house/build/report"
cd "$WORK/house" || exit 1
cp "$OLDPWD/cases/selection/by_issuer.yaml" cases/one.yaml
all=$("$program" coverage 2>/dev/null | awk '{ print $1 }')
check "without coverage.yaml nothing can be said" [ -z "$all" ]
printf 'reasons:\n  - {because: it is one, rules: [RG-01]}\n' >cases/coverage.yaml
expect 1 "$program" coverage
says '^RG-01 +no case +RFC 8447 section 6: it is one$'
says '^RG-02 +WRONG +no case and no reason; write a case'
says '^CC-03 +- +RFC 8446 section 4.4.2.3: one$'
printf 'reasons:\n  - {because: it is one, rules: [CC-03]}\n' >cases/coverage.yaml
expect 1 "$program" coverage
says '^CC-03 +WRONG +a reason though one; take it out of cases/coverage.yaml:2$'
printf 'reasons:\n  - {because: it is one, rules: [CC-3]}\n' >cases/coverage.yaml
expect 2 "$program" coverage
says_err 'coverage.yaml:2:.*"CC-3" is no rule'
printf 'reasons:\n  - {because: it is one}\n' >cases/coverage.yaml
expect 2 "$program" coverage
says_err 'a reason for nothing'
sed -i 's/^spec:.*/spec: [CC-3]/' cases/one.yaml
expect 2 "$program" coverage
says_err 'one.yaml:.*"CC-3" is no rule'

# What the last run said stands beside it.
sed -i 's/^spec:.*/spec: [CC-03]/' cases/one.yaml
printf 'reasons:\n  - {because: it is one, rules: [RG-01]}\n' >cases/coverage.yaml
expect 0 "$program" run cases/ --report console --report json:build/report/report.json
expect 1 "$program" coverage
says '^CC-03 +pass '
expect 1 "$program" run cases/ --misbehave ignore-names --report json:build/report/report.json
expect 1 "$program" coverage
says '^CC-03 +fail '
expect 0 "$program" list --spec CC-03
says '^one\['
expect 5 "$program" list --spec CC-04
exit $failed
