#!/bin/sh
# Before the templates are filled: what goes into the content security policy must be origins, and nothing else. Several RPC
# origins are separated by spaces.
set -eu
for origin in ${VEILPASS_API_ORIGIN:?is the origin of the API} ${VEILPASS_RPC_ORIGIN:?is the origin of the RPC}; do
    if ! printf '%s' "$origin" | grep -Eqx '(https?|wss?)://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?'; then
        echo "check-origins: not an origin: $origin" >&2
        exit 64
    fi
done
