# What the tests of the programs share. Each test is a script that is run from the repository root; it ends with 0
# when every `check` held.
set -u
BUILD=${BUILD:-build/release}
COUNTERSEAL=$BUILD/counterseal
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
failed=0

# check WHAT COMMAND...: the command must succeed.
check() {
    local what=$1
    shift
    if "$@"; then return 0; fi
    echo "    not so: $what"
    failed=1
}

# expect CODE COMMAND...: runs a command, keeps its streams in $WORK/out and $WORK/err, checks its exit code.
expect() {
    local code=$1 got
    shift
    "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    got=$?
    if [ "$got" != "$code" ]; then
        echo "    exit $got instead of $code: $*"
        tail -n 15 "$WORK/out" "$WORK/err" | sed 's/^/        /'
        failed=1
    fi
}

says() { check "output says \"$1\"" grep -qE -- "$1" "$WORK/out"; }
says_err() { check "errors say \"$1\"" grep -qE -- "$1" "$WORK/err"; }

# await SECONDS COMMAND...: until the command succeeds, at most so long.
await() {
    local until=$(($(date +%s%N) + $1 * 1000000000))
    shift
    until "$@"; do
        [ "$(date +%s%N)" -lt "$until" ] || return 1
        read -rt 0.02 <> <(:) || :
    done
}

# Processes of this build, and what they started, by a mark in their environment.
export COUNTERSEAL_TEST_MARK=mark-$$-$RANDOM
marked() {
    local p
    for p in /proc/[0-9]*; do
        [ "${p#/proc/}" = $$ ] || [ "${p#/proc/}" = "${BASHPID}" ] && continue
        tr '\0' '\n' 2>/dev/null <"$p/environ" | grep -q "^COUNTERSEAL_TEST_MARK=$COUNTERSEAL_TEST_MARK\$" &&
            [ "$(cut -d' ' -f3 "$p/stat" 2>/dev/null)" != Z ] && grep -qaE "${1:-.}" "$p/cmdline" && echo "${p#/proc/}"
    done
    return 0
}
