#!/usr/bin/env bash
# Who tests the tester? Plays the cases against each deliberate fault of mutants.txt, or against those that are named:
# BUILD=build/mutants mutants.sh [NAME ...]. A mutant is killed by the first case that fails; those of its rule are
# tried first. Then every case that has killed none yet is tried on all of them. Ends with 1 when a mutant survives, or
# when a case kills none and nobody says why it stays.
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

# try KIND NAME RULE: a line for the report, "killed|survived KIND NAME RULE CASE".
try() {
    local kind=$1 name=$2 rule=$3 by how=rule
    by=$(play "$kind" "$name" --spec "$rule" --fail-fast | head -n 1)
    if [ -z "$by" ]; then
        how=other
        by=$(play "$kind" "$name" --fail-fast | head -n 1)
    fi
    printf '%-8s  %-7s  %-24s  %-9s  %s\n' "$([ -n "$by" ] && echo killed || echo SURVIVED)" "$kind" "$name" "$rule" \
        "${by:-no case fails}$([ -n "$by" ] && [ $how = other ] && echo '  (a case of another rule)')"
}

sed -nE 's/^(client|server|observe|verdict) +/\1 /p' harness/tests/mutants.txt | tr -s ' ' |
    while read -r kind name rule; do
        [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] && echo "$kind $name $rule"
    done >"$WORK/rows"
export -f play try
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

# Cases that have killed none so far, by file. The faults that break most come first: few cases are left for the others.
strip() { sed 's/\[.*//' | sort -u; }
"$COUNTERSEAL" list | strip >"$WORK/all"
awk '/^killed/ { print $5 }' "$WORK/report" | strip | comm -23 "$WORK/all" - >"$WORK/left"
{
    grep -E ' (report-refused-always|report-delivered-always|never-resume) ' "$WORK/rows"
    cat "$WORK/rows"
} | while read -r kind name _; do
    [ -s "$WORK/left" ] || break
    play "$kind" "$name" $(<"$WORK/left") | strip | comm -23 "$WORK/left" - >"$WORK/rest"
    mv "$WORK/rest" "$WORK/left"
done
"$COUNTERSEAL" coverage >"$WORK/coverage"
unexplained=0
while read -r id; do
    why=$(sed -nE "s|^case +$id  stays: (.*)|\1|p" "$WORK/coverage" | head -n 1)
    [ -n "$why" ] || why=$(awk -F': ' -v id="$id" '$NF == id { split($1, word, " "); print "the only case of " word[1]; exit }' "$WORK/coverage")
    [ -n "$why" ] || [[ $id != selftest/* ]] || why="a self-test: a fault of the client is caught"
    [ -n "$why" ] || unexplained=$((unexplained + 1))
    printf 'idle      %-50s  %s\n' "$id" "${why:-SAYS NOT WHY IT STAYS; add it to a reason in cases/coverage.yaml}"
done <"$WORK/left"
echo "$summary; of $(wc -l <"$WORK/all") files of cases $(wc -l <"$WORK/left") kill none, $unexplained without a reason"
[ "$survived" -eq 0 ] && [ "$unexplained" -eq 0 ]
