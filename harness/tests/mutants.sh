#!/usr/bin/env bash
# Who tests the tester? Plays the cases against each deliberate fault of mutants.txt, or against those that are named:
# BUILD=build/mutants mutants.sh [NAME ...]. A mutant is killed by the first case that fails: the one that its row names,
# else one of its rule, else any. Then the cases that have killed none yet are tried on all of them, until each has
# killed one. Ends with 1 when a mutant survives, or when a case kills none and nobody says why it stays.
. "$(dirname "$0")/lib.sh"
[ -x "$COUNTERSEAL" ] || { echo "no $COUNTERSEAL: make mutants builds it"; exit 3; }

# play KIND NAME OPTION...: the ids of the cases that fail.
play() {
    local kind=$1 name=$2 wrong=()
    shift 2
    if [ "$kind" = client ]; then wrong=(--misbehave "$name"); else export COUNTERSEAL_MUTANT=$name; fi
    # Who hangs does so until the deadline.
    if [ "$name" = hang ]; then wrong+=(--set deadline=1); fi
    "$COUNTERSEAL" run "$@" "${wrong[@]}" --keep never --artifacts "$WORK/evidence-$BASHPID" --no-progress 2>/dev/null |
        sed -nE 's/^(FAIL|ERROR) +([^ ]+) .*/\2/p'
}

# names RULE CASE: the case says that it tests the rule.
names() { grep -qE "^(spec|caught):.*\b$1\b" "cases/${2%%\[*}.yaml"; }

# try KIND NAME RULE CASE: a line for the report, "killed|SURVIVED KIND NAME RULE CASE".
try() {
    local kind=$1 name=$2 rule=$3 case=$4 by
    by=$(play "$kind" "$name" "$case" --fail-fast | head -n 1)
    [ -n "$by" ] || by=$(play "$kind" "$name" --spec "$rule" --fail-fast | head -n 1)
    [ -n "$by" ] || by=$(play "$kind" "$name" --fail-fast | head -n 1)
    local note=
    [ -z "$by" ] || [ "${by%%\[*}" = "$case" ] || note="  (mutants.txt names $case)"
    [ -z "$by" ] || names "$rule" "$by" || note="$note  (a case of another rule)"
    printf '%-8s  %-7s  %-26s  %-8s  %s\n' "$([ -n "$by" ] && echo killed || echo SURVIVED)" "$kind" "$name" "$rule" \
        "${by:-no case fails}$note"
}

sed -nE 's/^(client|server|observe|verdict) +/\1 /p' harness/tests/mutants.txt | tr -s ' ' |
    while read -r kind name rule case; do
        [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] && echo "$kind $name $rule $case"
    done >"$WORK/rows"
export -f play try names
export COUNTERSEAL WORK
xargs -P "$(nproc)" -L 1 bash -c 'try "$@"' try <"$WORK/rows" | tee "$WORK/report"
survived=$(grep -c '^SURVIVED' "$WORK/report")
killed=$(grep -c '^killed' "$WORK/report")
other=$(grep -c 'of another rule)$' "$WORK/report")
summary="mutants: $killed killed, $other of them by a case of another rule, $survived survived"
if [ $# -gt 0 ]; then
    echo "$summary"
    [ "$survived" -eq 0 ]
    exit
fi

# Cases that have killed none so far, by file, but for those that somebody has written a reason for. A self-test is one:
# its own fault must be caught. The faults that break most come first: few cases are left for the others.
strip() { sed 's/\[.*//' | sort -u; }
"$COUNTERSEAL" coverage >"$WORK/coverage"
explained() { sed -nE 's|^case +([^ ]+)  stays: .*|\1|p' "$WORK/coverage"; grep -rlE '^caught:' cases | sed 's|^cases/||; s|\.yaml$||'; }
"$COUNTERSEAL" list | strip >"$WORK/all"
{ awk '/^killed/ { print $5 }' "$WORK/report"; explained; } | strip | comm -23 "$WORK/all" - >"$WORK/left"
{
    grep -E ' (report-refused-always|report-delivered-always|never-resume) ' "$WORK/rows"
    cat "$WORK/rows"
} | while read -r kind name _; do
    [ -s "$WORK/left" ] || break
    play "$kind" "$name" $(<"$WORK/left") | strip | comm -23 "$WORK/left" - >"$WORK/rest"
    mv "$WORK/rest" "$WORK/left"
    echo "          $name leaves $(wc -l <"$WORK/left") that kill none" >&2
done
unexplained=0
while read -r id; do
    why=$(awk -F': ' -v id="$id" '$NF == id { split($1, word, " "); print "the only case of " word[1]; exit }' "$WORK/coverage")
    [ -n "$why" ] || unexplained=$((unexplained + 1))
    printf 'idle      %-50s  %s\n' "$id" "${why:-SAYS NOT WHY IT STAYS; add it to a reason in cases/coverage.yaml}"
done <"$WORK/left"
echo "$summary; of $(wc -l <"$WORK/all") files of cases $(wc -l <"$WORK/left") kill none, $unexplained without a reason"
[ "$survived" -eq 0 ] && [ "$unexplained" -eq 0 ]
