#!/bin/bash
# local-chain FUNDED...: the chain for trying, with our program at genesis and 1,000 SOL for each address. It listens on
# the loopback interface only, so its ports are passed on to the container's network. It ends with its standard input.
set -euo pipefail
arguments=(--program "85LygQCuWeDg7mLnVBoXtNfU3CSkvGiGZYDWRns2Mwrp=/usr/share/veilpass/veilpass.so")
for address in "$@"; do arguments+=(--fund "$address"); done
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
sleep infinity | veilpass-local-chain --rpc-port 18899 --ws-port 18900 "${arguments[@]}" &
socat TCP-LISTEN:8899,fork,reuseaddr TCP:127.0.0.1:18899 &
socat TCP-LISTEN:8900,fork,reuseaddr TCP:127.0.0.1:18900 &
wait -n
