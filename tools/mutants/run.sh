#!/usr/bin/env bash
# Breaks the code on purpose, one small change at a time, and says which changes no test notices.
#
#   tools/mutants/run.sh protocol | ultrahonk    a crate, its own tests on this machine
#   tools/mutants/run.sh program                 the on-chain program: each mutant is compiled for the chain and run
#
# cargo-mutants lists the mutants; `operators.mjs` adds what it does not make. Further arguments filter: `--shard 0/4` takes
# every fourth of both, `--file 'crates/ultrahonk/src/libra.rs'` cargo-mutants' own of a file.
# What it finds is kept in ${VEILPASS_CACHE:-~/.cache/veilpass}/mutants/NAME: what was run there is not run again, until the
# folder is deleted. What it found last: docs/mutation-testing.md.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
cache=${VEILPASS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/veilpass}
version=27.1.0
export VEILPASS_ROOT=$root PATH="$PATH:$cache/tools/bin"

# The tests run in a copy, elsewhere.
if [[ -z ${CRS_PATH:-} && -d $root/../shared/crs ]]; then export CRS_PATH=$root/../shared/crs; fi

name=${1:-}
shift || true
case "$name" in
    protocol | ultrahonk) run=(host.mjs "veilpass-$name") ;;
    program) run=(program.mjs) ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac

need() {
    command -v "$1" >/dev/null && return
    echo "installing $1 (cargo; a few minutes, once)" >&2
    CARGO_TARGET_DIR="$cache/tools/target" cargo install --quiet --locked --root "$cache/tools" "$1@$2" >&2
    rm -rf "$cache/tools/target"
}
need cargo-mutants "$version"
command -v cargo-nextest >/dev/null || { echo "cargo-nextest is missing: ./veilpass test installs it" >&2; exit 1; }

out=$cache/mutants/$name
mkdir -p "$out"
cd "$root"
exec node "$root/tools/mutants/${run[0]}" "${run[@]:1}" "$out" "$@"
