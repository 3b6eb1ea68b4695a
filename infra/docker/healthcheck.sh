#!/bin/bash
# healthcheck PORT PATH [JSON]: whether this container answers 200 there, to GET, or to POST of this JSON. Without curl,
# so that the images need none.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/$1"
method=GET body=${3:-}
[ -z "$body" ] || method=POST
printf '%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n' "$method" "$2" >&3
[ -z "$body" ] || printf 'Content-Type: application/json\r\nContent-Length: %s\r\n' "${#body}" >&3
printf '\r\n%s' "$body" >&3
read -r -t 5 _ status _ <&3
[ "$status" = 200 ]
