#!/usr/bin/env bash
# Installs what the profiles of cases/clients/ name, or with --servers those of cases/servers/: Debian packages, Debian packages that are only unpacked (mail servers
# cannot be installed beside each other), packages of the npm registry. With names of profiles: what those name.
set -eu
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/counterseal/clients
folder=cases/clients
target=setup-clients
if [ "${1:-}" = --servers ]; then
    folder=cases/servers
    target=setup-servers
    shift
fi
profiles=("$folder"/*.yaml)
if [ $# -gt 0 ]; then
    profiles=("${@/#/$folder/}")
    profiles=("${profiles[@]/%/.yaml}")
fi
names() { sed -n "s/^$1: *\[\(.*\)\].*/\1/p" "${profiles[@]}" | tr -d "\"'" | tr ', ' '\n\n' | sed '/^$/d' | sort -u; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
missing=$(for p in $(names packages); do dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || echo "$p"; done)
unpack=$(for p in $(names unpack); do [ -d "$cache/$p" ] || echo "$p"; done)
npm=$(for p in $(names npm); do [ -d "$cache/node_modules/${p%@[0-9]*}" ] || echo "$p"; done)
mkdir -p "$cache"
if [ -n "$missing$unpack" ]; then
    echo "+ $sudo apt-get update"
    $sudo apt-get update -qq
fi
if [ -n "$missing" ]; then
    echo "+ $sudo apt-get install -y --no-install-recommends" $missing
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi
for p in $unpack; do
    echo "+ unpack $p to $cache/$p"
    work=$(mktemp -d "$cache/.unpack-XXXXXX") # where it is to be, so that it comes to its place whole or not at all
    chmod 755 "$work"
    if ! (cd "$work" && apt-get download -qq "$p" >log 2>&1 && dpkg -x ./*.deb files >>log 2>&1); then
        echo "setup-clients: $p cannot be unpacked:"
        cat "$work/log"
        rm -rf "$work"
        exit 1
    fi
    mv "$work/files" "$cache/$p"
    rm -rf "$work"
done
if [ -n "$npm" ]; then
    command -v npm >/dev/null || DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends npm >/dev/null
    echo "+ npm install --prefix $cache" $npm
    npm install --silent --no-audit --no-fund --prefix "$cache" $npm >/dev/null
fi
echo "$target: everything is installed"
