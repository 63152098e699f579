#!/usr/bin/env bash
# The rules of the house: what a room may include, what nobody may call, how long a file may be.
set -u
cd "$(dirname "$0")/../.." || exit 3
bad=0
complain() {
    echo "$1" >&2
    bad=1
}

# room: the directories whose headers it may include besides its own. Leaves include nobody.
allowed() {
    case $1 in
    fake_server | reports | harness/smtp_client | harness/base) echo ;;
    harness/scenario) echo "harness/base" ;;
    harness/model) echo "harness/base harness/scenario" ;;
    harness/pki) echo "harness/base harness/scenario" ;;
    harness/run) echo "harness/base harness/scenario harness/pki fake_server harness/smtp_client" ;;
    harness/observe) echo "harness/base harness/scenario harness/pki harness/run fake_server" ;;
    harness/explain) echo "harness/base harness/scenario harness/pki harness/run harness/observe fake_server" ;;
    harness/capture) echo "harness/base harness/scenario" ;;
    harness/verdict) echo "harness/base harness/scenario harness/pki harness/run harness/observe harness/explain fake_server reports" ;;
    harness/cli) echo "harness/capture harness/base harness/scenario harness/model harness/pki harness/run harness/observe harness/explain harness/verdict fake_server harness/smtp_client reports" ;;
    harness) echo "harness/base harness/cli" ;;
    esac
}

for file in $(git ls-files -co --exclude-standard -- '*.c' '*.h' | grep -v '/tests/' | grep -v '/example/'); do
    [ -f "$file" ] || continue
    room=$(dirname "$file")
    for header in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
        from=$(dirname "$header")
        [ "$from" = "$room" ] || [[ " $(allowed "$room") " == *" $from "* ]] ||
            complain "$file: $room may not include $header"
        # Of a leaf only the public headers are for others.
        case $from:$header in
        "$room":* | fake_server:fake_server/fake_server.h | fake_server:fake_server/event.h | reports:reports/result.h | reports:reports/report.h) ;;
        harness/smtp_client:harness/smtp_client/smtp_client.h) ;;
        fake_server:* | reports:* | harness/smtp_client:*) complain "$file: $header is private to $from" ;;
        esac
    done
done

banned='strcpy|strcat|sprintf|strtok|atoi|gets|strncpy|system|popen|setlocale|sleep|usleep|nanosleep'
grep -nE "(^|[^a-zA-Z_])($banned)\(" $(git ls-files -co --exclude-standard -- '*.c') /dev/null && complain "banned functions are used"
for file in $(git ls-files -co --exclude-standard -- '*.c' '*.h'); do
    [ -f "$file" ] && [ "$(wc -l <"$file")" -gt 600 ] && complain "$file has more than 600 lines"
    [ -f "$file" ] && grep -nE '^[^"]*//' "$file" | grep -vE 'https?://|"' && complain "$file: // comment"
done
grep -nE '/\*.*(TODO|FIXME|XXX)' $(git ls-files -co --exclude-standard -- '*.c' '*.h') /dev/null && complain "unfinished work"
exit $bad
