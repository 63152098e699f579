#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# The JSON Schema for editors takes every scenario of the house and finds what editors can find.
expect 0 "$COUNTERSEAL" schema
cp "$WORK/out" "$WORK/schema.json"
cat >"$WORK/validate.py" <<'END'
import json, re, sys, jsonschema, yaml

class Yaml12(yaml.SafeLoader):  # to which `yes`, `no` and `on` are texts
    pass
Yaml12.yaml_implicit_resolvers = {
    first: [r for r in resolvers if r[0] != 'tag:yaml.org,2002:bool']
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Yaml12.add_implicit_resolver('tag:yaml.org,2002:bool', re.compile('^(true|false)$'), list('tf'))
validator = jsonschema.Draft7Validator(json.load(open(sys.argv[1])))
for path in sys.argv[2:]:
    for error in validator.iter_errors(yaml.load(open(path), Yaml12)):
        print(path, '.'.join(map(str, error.path)), error.message[:200])
END
validate() { python3 "$WORK/validate.py" "$WORK/schema.json" "$@"; }
mapfile -t files < <("$COUNTERSEAL" list cases/ | sed 's/\[.*//' | sort -u | sed 's|.*|cases/&.yaml|')
check "there are scenarios" [ ${#files[@]} -gt 100 ]
expect 0 validate "${files[@]}"
check "all of them hold: $(head -n 3 "$WORK/out")" [ ! -s "$WORK/out" ]
finds() { # WHAT LINE: a scenario with that line is found wrong
    printf 'title: x\n%s\nsteps:\n  - send: {}\n' "$2" >"$WORK/wrong.yaml"
    expect 0 validate "$WORK/wrong.yaml"
    check "$1 is found" [ -s "$WORK/out" ]
}
finds "an unknown key" 'serverr: {}'
finds "an unknown key within" 'client: {certificate: [alice]}'
finds "a wrong word" 'server: {mode: starttsl}'
finds "a number out of range" 'server: {sessions: {tickets: 99}}'
finds "an unknown fact" 'expect: {presentd: bob}'
finds "a wrong value of a fact" 'expect: {outcome: deliverd}'
finds "an unknown operator" 'expect: {messages: {atmost: 1}}'
exit $failed
