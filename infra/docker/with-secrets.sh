#!/bin/sh
# with-secrets DIR COMMAND...: runs the command with each secret that DIR has a file of (named as the variable) in its
# environment, which is where the services read secrets. One that is given twice is refused: which one counts would be
# a guess.
set -eu
dir=$1
shift
for name in DATABASE_URL REDIS_URL VEILPASS_MASTER_KEY VEILPASS_RPC_URLS VEILPASS_RPC_URL VEILPASS_WS_URL \
    VEILPASS_OPERATOR_KEYS VEILPASS_FEE_PAYER_KEY; do
    file="$dir/$name"
    [ -e "$file" ] || continue
    eval "given=\${$name+yes}"
    if [ -n "$given" ]; then
        echo "with-secrets: $name is in the environment and in $dir" >&2
        exit 64
    fi
    value=$(cat "$file") || exit 66
    export "$name=$value"
done
unset value
exec "$@"
