#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# Generated cases: all pairs are played; what fails is made small, printed, and fails alike when it is played as a file.
model() { expect "$1" "$COUNTERSEAL" run --model -q --no-progress --artifacts "$WORK/evidence" "${@:2}"; }

model 0
says '^model: [0-9]+ cases in which all [0-9]{4} pairs of values meet \(seed 1\)$'
says '^counterseal: 1[0-9]{2} passed, 0 failed, 0 skipped$'
model 0 --exhaustive --set tls=1.2 --set mode=starttls --set ask=request --set trust=beta --set second=nobody --set sessions=ids
says '^model: [0-9]+ cases, all combinations of the values that differ in kind$'
model 0 --strength 3 --set policy=doc --set mode=implicit --set ask=require --set names=as-trust --set third=nobody \
    --set sessions=both --set change=once --set first=bob --report "junit:$WORK/report.xml"
says 'cases in which all [0-9]+ triples of values meet'
check "the report has every case" [ "$(grep -c '<testcase' "$WORK/report.xml")" = "$(sed -n 's/^counterseal: \([0-9]*\) passed.*/\1/p' "$WORK/out")" ]

small=$WORK/evidence/model.yaml
while read -r fault wanted options; do
    model 1 --misbehave "$fault" $options
    says "^title: \"$wanted\"\$"
    says '^found by model\['
    check "$fault: at most 15 lines" [ "$(wc -l <"$small")" -le 15 ]
    check "$fault: what is printed is the file" grep -qFx -f "$small" "$WORK/out"
    cp "$small" "$WORK/$fault.yaml"
    expect 1 "$COUNTERSEAL" run "$WORK/$fault.yaml" --misbehave "$fault" --artifacts "$WORK/again"
    expect 0 "$COUNTERSEAL" run "$WORK/$fault.yaml" --artifacts "$WORK/again"
done <<'END'
ignore-names model\[ask=request,((trust|names)=beta,)?first=(alice|bob)\]
resume-anyone model\[ask=request,first=alice,change=emptied\] --set change=emptied
END
model 1 --misbehave ignore-names
check "the same seed finds the same" cmp "$small" "$WORK/ignore-names.yaml"

while read -r wanted options; do
    expect 2 "$COUNTERSEAL" run $options
    says_err "${wanted//_/ }"
done <<'END'
--strength_goes_with_--model_only --strength 3
a_path_does_not_go_with_--model --model cases/
--client_does_not_go_with_--model --model --client curl
9_is_not_a_number_from_1_to_4 --model --strength 9
do_not_go_together --model --strength 3 --exhaustive
did_you_mean_"tls" --model --set tsl=1.3
no_combination_of_the_model --model --set ask=no --set names=beta
END
expect 0 "$COUNTERSEAL" help model
says '^  change +what becomes of the client'
says '^ +1\.3 1\.2 \| 1\.2\.\.1\.3$'
exit $failed
