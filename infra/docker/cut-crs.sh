#!/bin/bash
# cut-crs PINS FROM TO: the part of the reference string in FROM that bb needs. Other bytes than the pinned are refused.
set -euo pipefail
# shellcheck source=/dev/null
source "$1"
mkdir -p "$3"
head -c "$((OWNERSHIP_CRS_POINTS * 64))" "$2/bn254_g1.dat" > "$3/bn254_g1.dat"
cp "$2/bn254_g2.dat" "$3/bn254_g2.dat"
cd "$3"
printf '%s  %s\n' "$CRS_G1_SHA256" bn254_g1.dat "$CRS_G2_SHA256" bn254_g2.dat | sha256sum --check --strict
chmod 444 bn254_g1.dat bn254_g2.dat
