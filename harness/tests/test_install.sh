#!/usr/bin/env bash
. "$(dirname "$0")/lib.sh"
# What is installed is enough to embed the fake server: headers, both libraries, pkg-config.
variant=$(basename "$BUILD")
expect 0 make -s install VARIANT="$variant" PREFIX="$WORK/to" DESTDIR=
export PKG_CONFIG_PATH=$WORK/to/lib/pkgconfig
expect 0 pkg-config --libs counterseal-fake-server
says "-L$WORK/to/lib .*-lcounterseal_fake_server"
expect 0 objdump -p "$WORK/to/lib/libcounterseal_fake_server.so"
says 'SONAME +libcounterseal_fake_server\.so\.0'
for library in "-D $WORK/to/lib/libcounterseal_fake_server.so" "$WORK/to/lib/libcounterseal_fake_server.a"; do
    # shellcheck disable=SC2086
    nm --defined-only --extern-only $library | awk 'NF == 3 { print $3 }' | sort >"$WORK/names"
    check "$library has the public functions" grep -qx fake_server_open "$WORK/names"
    check "$library shows nothing else" [ "$(grep -cvE '^(fake_server_|event_(name|meaning|write)$|__odr_asan)' "$WORK/names")" = 0 ]
done
cat >"$WORK/program.c" <<'C'
#include <fake_server/fake_server.h>
int main(void)
{
    fake_server_close(0);
    return event_name(EVENT_READY)[0] == 's' ? 0 : 1;
}
C
sanitize=
[ "$variant" != asan ] || sanitize=-fsanitize=address,undefined
[ "$variant" != tsan ] || sanitize=-fsanitize=thread
[ "$variant" != cov ] || sanitize=--coverage
# shellcheck disable=SC2046,SC2086
build() { cc $sanitize -o "$WORK/$1" "$WORK/program.c" $(pkg-config --cflags counterseal-fake-server) "${@:2}"; }
# shellcheck disable=SC2046
check "a program links with the shared library" build shared $(pkg-config --libs counterseal-fake-server)
expect 0 env LD_LIBRARY_PATH="$WORK/to/lib" "$WORK/shared"
check "and with the static one" build static "$WORK/to/lib/libcounterseal_fake_server.a" -lssl -lcrypto -pthread
expect 0 "$WORK/static"
expect 0 make -s install VARIANT="$variant" PREFIX=/usr DESTDIR="$WORK/package"
check "DESTDIR is no part of the paths" grep -qx 'prefix=/usr' "$WORK/package/usr/lib/pkgconfig/counterseal-fake-server.pc"
exit $failed
