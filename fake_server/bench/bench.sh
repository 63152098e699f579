#!/usr/bin/env bash
# What the fake server costs, against `openssl s_server` on the same machine at the same time: `make bench-server`.
# Rounds of both take turns, since a machine is rarely idle; the medians count. CPU is that of the server's process.
set -u
BUILD=${BUILD:-build/release}
LOAD=$BUILD/load
ROUNDS=${ROUNDS:-5} COUNT=${COUNT:-600} PARALLEL=${PARALLEL:-4} OPEN=${OPEN:-1000}
WORK=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null; rm -rf "$WORK"' EXIT
failed=0

make_certificate() { # NAME USAGE
    openssl ecparam -name prime256v1 -genkey -noout -out "$WORK/$1.key"
    openssl req -new -key "$WORK/$1.key" -subj "/CN=$1" |
        openssl x509 -req -days 1 -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" -CAcreateserial -out "$WORK/$1.pem" \
            -extfile <(echo "extendedKeyUsage=$2") 2>/dev/null
}

make_identities() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$WORK/ca.key" -days 1 \
        -subj /CN=ca -addext basicConstraints=critical,CA:true -out "$WORK/ca.pem" 2>/dev/null
    make_certificate server serverAuth
    make_certificate client clientAuth
}

# The port in the first event of a fake server whose events go to a file.
port_of() {
    local line=
    until [ -n "$line" ]; do
        line=$(sed -n 's/.*"server.ready".*"port":\([0-9]*\).*/\1/p' "$1" 2>/dev/null | head -n 1)
        read -rt 0.02 <> <(:) || :
    done
    echo "$line"
}

start_fake_server() { # sets FAKE and FAKE_PORT
    "$BUILD/fake_server" --cert "$WORK/server.pem" --key "$WORK/server.key" --trust "$WORK/ca.pem" --ask require \
        >"$WORK/events.jsonl" 2>"$WORK/fake.err" &
    FAKE=$!
    servers+=("$FAKE")
    FAKE_PORT=$(port_of "$WORK/events.jsonl")
}

# s_server takes no port 0 in a form that says which; a fake server finds a free one for it.
free_port() {
    local pid
    "$BUILD/fake_server" >"$WORK/free" 2>/dev/null &
    pid=$!
    port_of "$WORK/free"
    kill "$pid"
    wait "$pid" 2>/dev/null
}

start_s_server() { # NAME [OPTION...]: sets S_NAME and S_NAME_PORT
    local name=$1 port
    shift
    port=$(free_port)
    openssl s_server -accept "127.0.0.1:$port" -cert "$WORK/server.pem" -key "$WORK/server.key" -tls1_3 -quiet "$@" \
        <&8 >/dev/null 2>&1 &
    servers+=("$!")
    eval "S_$name=$! S_${name}_PORT=$port"
    until "$LOAD" handshakes "$port" 1 1 "$WORK/client.pem" "$WORK/client.key" >/dev/null 2>&1; do
        read -rt 0.05 <> <(:) || :
    done
}

cpu_us() { awk -v hz="$(getconf CLK_TCK)" '{ printf "%d", ($14 + $15) * 1e6 / hz }' "/proc/$1/stat"; }
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

measure() { # NAME PID KIND PORT: appends to NAME.rate and NAME.cpu
    local before after
    before=$(cpu_us "$2")
    "$LOAD" "$3" "$4" "$COUNT" "$PARALLEL" "$WORK/client.pem" "$WORK/client.key" >"$WORK/result" ||
        { echo "bench-server: some of $1 failed" >&2; failed=1; }
    after=$(cpu_us "$2")
    awk '/^rate/ { print $2 }' "$WORK/result" >>"$WORK/$1.rate"
    echo $(((after - before) / COUNT)) >>"$WORK/$1.cpu"
}

row() { printf '%-58s %8s /s  %6s us of CPU each\n' "$1" "$(median <"$WORK/$2.rate")" "$(median <"$WORK/$2.cpu")"; }
# judge TEXT NUMBER OPERATOR FLOOR
judge() {
    local verdict=ok
    awk "BEGIN { exit !($2 $3 $4) }" || { verdict=missed failed=1; }
    printf '%-58s %8s      (%s %s) %s\n' "$1" "$2" "$3" "$4" "$verdict"
}
ratio() { awk -v a="$(median <"$WORK/$1")" -v b="$(median <"$WORK/$2")" 'BEGIN { printf "%.2f", a / b }'; }

# TLS alone: what a connection costs more than one in the clear that says the same.
tls_ratio() {
    awk -v full="$(median <"$WORK/full.cpu")" -v resumed="$(median <"$WORK/resumed.cpu")" \
        -v clear="$(median <"$WORK/clear.cpu")" 'BEGIN { printf "%.3f", (resumed - clear) / (full - clear) }'
}

measure_rates() {
    local round
    for ((round = 0; round < ROUNDS; round++)); do
        measure bare "$S_BARE" handshakes "$S_BARE_PORT"
        measure asking "$S_ASKING" handshakes "$S_ASKING_PORT"
        measure sessions "$FAKE" sessions "$FAKE_PORT"
        measure full "$FAKE" dialogues "$FAKE_PORT"
        measure resumed "$FAKE" resumed "$FAKE_PORT"
        measure clear "$FAKE" clear "$FAKE_PORT"
    done
    row "s_server, handshakes that ask for nothing" bare
    row "s_server, handshakes with a client certificate" asking
    row "fake server, SMTP sessions with a client certificate" sessions
    row "fake server, the same without a mail" full
    row "fake server, the same, resumed" resumed
    row "fake server, the same, in the clear" clear
    judge "SMTP sessions per bare handshake of s_server" "$(ratio sessions.rate bare.rate)" '>=' 0.7
    judge "SMTP sessions per handshake of s_server with a certificate" "$(ratio sessions.rate asking.rate)" '>=' 0.7
    judge "cost of a TLS session that is resumed, in full ones" "$(tls_ratio)" '<' 0.5
}

rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

measure_memory() {
    mkfifo "$WORK/hold"
    "$LOAD" open "$FAKE_PORT" "$OPEN" 1 "$WORK/client.pem" "$WORK/client.key" <"$WORK/hold" >"$WORK/open" &
    local load=$!
    exec 9>"$WORK/hold"
    until grep -q open "$WORK/open"; do read -rt 0.05 <> <(:) || :; done
    grep -q "open $OPEN" "$WORK/open" || { echo "bench-server: $(cat "$WORK/open") of $OPEN" >&2; failed=1; }
    judge "MiB with $OPEN connections open under TLS" "$(($(rss_kb "$FAKE") / 1024))" '<' 150
    exec 9>&-
    wait "$load"
}

# A message of 1 GiB and a command of 10 MiB: the server must not grow, and serves the next one.
measure_hostile() {
    local before
    start_fake_server
    "$LOAD" next "$FAKE_PORT" 1 1 "$WORK/client.pem" "$WORK/client.key" >/dev/null
    before=$(rss_kb "$FAKE")
    "$LOAD" data "$FAKE_PORT" 1073741824 1 "$WORK/client.pem" "$WORK/client.key" >"$WORK/result" || failed=1
    "$LOAD" line "$FAKE_PORT" 10485760 1 "$WORK/client.pem" "$WORK/client.key" >>"$WORK/result" || failed=1
    judge "MiB more after a message of 1 GiB and a line of 10 MiB" "$((($(rss_kb "$FAKE") - before) / 1024))" '<' 8
    "$LOAD" next "$FAKE_PORT" 1 1 "$WORK/client.pem" "$WORK/client.key" >"$WORK/result" || failed=1
    judge "ms of the next session" "$(awk '/^ms/ { print $2 }' "$WORK/result")" '<' 1000
}

# s_server reads its standard input, and must find nothing there, nor an end.
mkfifo "$WORK/silence"
exec 8<>"$WORK/silence"
make_identities
start_fake_server
start_s_server BARE
start_s_server ASKING -CAfile "$WORK/ca.pem" -Verify 1
measure_rates
measure_memory
measure_hostile
exit $failed
