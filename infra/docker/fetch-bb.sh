#!/bin/bash
# fetch-bb ARCH PINS TO: the pinned bb, out of its npm package. Another binary than the pinned one is refused.
set -euo pipefail
# shellcheck source=/dev/null
source "$2"
platform=$1-linux
pinned=BB_SHA256_${platform//-/_}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$work" && npm pack --silent "$BB_NPM_PACKAGE" >/dev/null && tar -xzf ./*.tgz "package/build/$platform/bb")
echo "${!pinned}  $work/package/build/$platform/bb" | sha256sum --check --strict
install -m 0555 "$work/package/build/$platform/bb" "$3"
