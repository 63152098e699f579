#!/usr/bin/env bash
# What the harness adds to a client's own time: `make bench-clients`. The same mail by the same command, bare against
# `counterseal serve` and in a run, in turns, since a machine is rarely idle; the fastest of each counts.
set -u
BUILD=${BUILD:-build/release}
COUNTERSEAL=$BUILD/counterseal
ROUNDS=${ROUNDS:-30} MAX_MS=${MAX_MS:-5}
WORK=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$WORK"' EXIT
cat >"$WORK/mail.yaml" <<'YAML'
title: One mail with a client certificate
server:
  mode: implicit
  tls: "1.3"
  client_certificate: {ask: require, trust: [alpha]}
client:
  certificates: [alice]
steps:
  - send: {}
    expect: {outcome: delivered, duration: {at_least: 0}}
YAML
printf 'Subject: bare\r\n\r\nmail\r\n' >"$WORK/message.eml"
"$COUNTERSEAL" serve "$WORK/mail.yaml" --ready-file "$WORK/ready" --cert-dir "$WORK/certs" >/dev/null 2>&1 &
server=$!
for _ in $(seq 100); do
    [ -s "$WORK/ready" ] && break
    read -rt 0.05 <> <(:) || :
done
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$WORK/ready" | head -n 1)
options="--silent --show-error --url {scheme}://localhost:{port}/client.example.test --ipv4 --ssl-reqd --cacert {trust} --cert {cert} --key {key}
    --mail-from {from} --mail-rcpt {to} --upload-file {message}"
bare=$(sed "s|{scheme}|smtps|; s|{port}|$port|; s|{trust}|$WORK/certs/trust.pem|; s|{cert}|$WORK/certs/alice.pem|; s|{key}|$WORK/certs/alice.key|
    s|{from}|a@example.test|; s|{to}|b@example.test|; s|{message}|$WORK/message.eml|" <<<"$options")
for _ in $(seq "$ROUNDS"); do
    begun=${EPOCHREALTIME/./}
    curl -q $bare 2>"$WORK/curl.err" || { echo "bench-clients: curl failed: $(cat "$WORK/curl.err")"; exit 1; }
    echo $((${EPOCHREALTIME/./} - begun)) >>"$WORK/bare"
    "$COUNTERSEAL" run "$WORK/mail.yaml" --client "curl -q $options" --report json:"$WORK/run.json" --no-progress \
        --artifacts "$WORK/evidence" >"$WORK/run.out" || { cat "$WORK/run.out"; exit 1; }
    tr '\n' ' ' <"$WORK/run.json" | grep -oE '"fact": *"duration"[^}]*"got": *"[0-9]+' | grep -oE '[0-9]+$' >>"$WORK/run"
done
sort -n "$WORK/bare" | head -n 1 >"$WORK/least"
sort -n "$WORK/run" | head -n 1 >>"$WORK/least"
awk -v max="$MAX_MS" 'NR == 1 { bare = $1 / 1000 } NR == 2 { run = $1 }
    END { printf "bench-clients: bare %.1f ms, in a run %.1f ms: the harness adds %.1f ms (at most %s)\n", bare, run, run - bare, max
          exit !(run > 0 && run - bare <= max) }' "$WORK/least"
