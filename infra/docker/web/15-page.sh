#!/bin/sh
# Before the templates are filled: what goes into the content security policy must be origins, and nothing else (several RPC
# origins are separated by spaces); and /config.json is a mounted file, or VEILPASS_PAGE_CONFIG where nothing can be mounted.
set -eu
for origin in ${VEILPASS_API_ORIGIN:?is the origin of the API} ${VEILPASS_RPC_ORIGIN:?is the origin of the RPC}; do
    if ! printf '%s' "$origin" | grep -Eqx '(https?|wss?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?'; then
        echo "page: not an origin: $origin" >&2
        exit 64
    fi
done
if [ -n "${VEILPASS_PAGE_CONFIG:-}" ]; then
    printf '%s' "$VEILPASS_PAGE_CONFIG" > "${TMPDIR:-/tmp}/config.json"
else
    cat "${1:-/etc/veilpass/config.json}" > "${TMPDIR:-/tmp}/config.json"
fi
