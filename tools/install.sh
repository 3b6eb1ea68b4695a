# shellcheck shell=bash
# What `./veilpass` installs where it is missing: one function for each thing. Sourced there; `root`, `cache`, `say`, `fail` and the
# pins are its own.
# shellcheck disable=SC2154

# Runs an apt-get install, as root or by sudo.
apt_install() {
    command -v apt-get >/dev/null || fail "$* is missing and this is no Debian: install it, then run this again"
    local sudo=()
    [ "$(id -u)" -eq 0 ] || sudo=(sudo)
    say "installing $* (apt-get)"
    if [ ! -e "${TMPDIR:-/tmp}/.veilpass-apt-updated-$(id -u)" ]; then
        "${sudo[@]}" apt-get update -qq >&2
        touch "${TMPDIR:-/tmp}/.veilpass-apt-updated-$(id -u)"
    fi
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

need_rust() {
    command -v cargo >/dev/null || { [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"; }
    command -v cargo >/dev/null || fail "Rust is missing: install it with rustup (1.95 or newer), then run this again"
    command -v cc >/dev/null || apt_install gcc libc6-dev
}

need_node() {
    if ! command -v node >/dev/null || ! command -v npm >/dev/null; then apt_install nodejs npm; fi
}

# Debian's Postgres binaries. The demo and the tests start private servers; the package's own server is not wanted.
need_postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || {
        if [ "$(id -u)" -eq 0 ] && [ ! -e /etc/postgresql-common ]; then
            mkdir -p /etc/postgresql-common/createcluster.d
            echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/veilpass.conf
        fi
        apt_install postgresql
    }
}

# Redis, or Valkey. The demo and the tests start private servers; the package's own server must not be started.
need_redis() {
    command -v redis-server >/dev/null || command -v valkey-server >/dev/null || [ -x /usr/sbin/redis-server ] || {
        local sudo=() unit=/etc/systemd/system/redis-server.service policy=/usr/sbin/policy-rc.d ours=''
        [ "$(id -u)" -eq 0 ] || sudo=(sudo)
        # Masked for systemd (until somebody unmasks it); for sysvinit and containers, forbidden while it is installed.
        [ ! -d /run/systemd/system ] || [ -e "$unit" ] || "${sudo[@]}" ln -s /dev/null "$unit"
        if [ ! -e "$policy" ]; then
            printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
            "${sudo[@]}" chmod 755 "$policy"
            ours=1
        fi
        local status=0
        apt_install redis-server || status=$?
        [ -z "$ours" ] || "${sudo[@]}" rm -f "$policy"
        return "$status"
    }
}

# The pinned bb: out of its npm package, checked against the pinned SHA-256.
need_bb() {
    local dir="$cache/bb-$BB_VERSION" platform sum pinned
    [ -n "${VEILPASS_BB:-}" ] && return
    [ -x "$dir/bb" ] && return
    need_node
    case "$(uname -s)-$(uname -m)" in
        Linux-x86_64) platform=amd64-linux ;;
        Linux-aarch64) platform=arm64-linux ;;
        Darwin-x86_64) platform=amd64-macos ;;
        Darwin-arm64) platform=arm64-macos ;;
        *) fail "there is no pinned bb for $(uname -sm): build bb $BB_VERSION and set VEILPASS_BB to it" ;;
    esac
    say "installing bb $BB_VERSION ($BB_NPM_PACKAGE from npm) in $dir"
    mkdir -p "$dir"
    local work
    work=$(mktemp -d "$dir/install.XXXXXX")
    (cd "$work" && npm pack --silent "$BB_NPM_PACKAGE" >/dev/null && tar -xzf ./*.tgz "package/build/$platform/bb") \
        || { rm -rf "$work"; fail "npm could not fetch $BB_NPM_PACKAGE"; }
    sum=$( (sha256sum "$work/package/build/$platform/bb" 2>/dev/null || shasum -a 256 "$work/package/build/$platform/bb") | cut -d' ' -f1)
    pinned=BB_SHA256_${platform//-/_}
    [ "$sum" = "${!pinned}" ] || { rm -rf "$work"; fail "the bb in $BB_NPM_PACKAGE has SHA-256 $sum, not the pinned ${!pinned}"; }
    chmod 755 "$work/package/build/$platform/bb"
    mv "$work/package/build/$platform/bb" "$dir/bb"
    rm -rf "$work"
}

# The pinned Barretenberg for Node, a baseline of `bench fleet`, as its lock file says. Its native binaries are not wanted.
need_bbjs() {
    local dir="$cache/bb.js-${BB_NPM_PACKAGE##*@}" partial
    [ -d "$dir/node_modules/@aztec/bb.js" ] && return
    need_node
    say "installing $BB_NPM_PACKAGE for Node (npm) in $dir"
    mkdir -p "$cache"
    partial=$(mktemp -d "$dir.XXXXXX")
    cp "$root"/cli/src/bench/fleet/wasm/package{,-lock}.json "$partial"
    (cd "$partial" && npm ci --silent --ignore-scripts --omit=optional --no-audit --no-fund >&2) \
        || { rm -rf "$partial"; fail "npm could not install $BB_NPM_PACKAGE"; }
    rm -rf "$partial/node_modules/@aztec/bb.js/build" "$dir"
    mv "$partial" "$dir"
}

# Semaphore v4 for Node, a peer of `bench peers`, as its lock file says. Its proving keys are packages too.
need_peers() {
    local lock="$root/tools/peers/package-lock.json" version dir partial
    version=$(sed -n 's|.*"@semaphore-protocol/core": "\(.*\)".*|\1|p' "$root/tools/peers/package.json")
    dir="$cache/semaphore-$version"
    need_node
    cmp -s "$lock" "$dir/package-lock.json" && return
    say "installing Semaphore $version for Node (npm) in $dir"
    mkdir -p "$cache"
    partial=$(mktemp -d "$dir.XXXXXX")
    cp "$root"/tools/peers/package{,-lock}.json "$partial"
    (cd "$partial" && npm ci --silent --ignore-scripts --no-audit --no-fund >&2) \
        || { rm -rf "$partial"; fail "npm could not install Semaphore"; }
    rm -rf "$dir"
    mv "$partial" "$dir"
}

# The SDK and the pages. What they are built of is named by a hash beside them: they are built again when it changed.
need_pages() {
    need_node
    local lock built sources
    lock=$(sha256sum < "$root/package-lock.json")
    if [ "$(cat "$root/node_modules/.veilpass-lock" 2>/dev/null)" != "$lock" ]; then
        say "installing what the SDK and the pages are made with (npm) in $root/node_modules"
        (cd "$root" && npm ci --silent --ignore-scripts --no-audit --no-fund >&2) || fail "npm ci failed in $root"
        echo "$lock" > "$root/node_modules/.veilpass-lock"
    fi
    sources=$(cd "$root" && find sdk web circuits/ownership pins.env package-lock.json tsconfig.base.json \
        \( -name node_modules -o -path sdk/dist -o -path sdk/assets -o -path web/dist \) -prune -o -type f -print0 \
        | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
    built=$root/web/dist/.built-from
    [ "$(cat "$built" 2>/dev/null)" = "$sources" ] && return
    say "building the SDK and the pages in $root/web/dist"
    (cd "$root" && npm run --silent build >&2) || fail "npm run build failed in $root"
    echo "$sources" > "$built"
}

# Only the tool that checks rules, out of Debian's package: nothing of Prometheus is installed, and no service starts.
need_promtool() {
    command -v promtool >/dev/null && return
    say "fetching promtool, which checks the alerts"
    local dir status=0
    dir=$(mktemp -d) && chmod 755 "$dir"
    { (cd "$dir" && apt-get download --quiet prometheus >&2) && dpkg-deb --extract "$dir"/prometheus_*.deb "$dir/all" &&
        install -D -m 755 "$dir/all/usr/bin/promtool" "$cache/tools/bin/promtool"; } || status=$?
    rm -rf "$dir"
    return "$status"
}

# What the tests drive the pages with.
need_chromium() {
    command -v chromium >/dev/null || apt_install chromium
}

# What makes up requests from the OpenAPI document, in a Python environment of its own.
need_schemathesis() {
    local requirements="$root/tools/schemathesis/requirements.txt" version dir
    version=$(sed -n 's/^schemathesis==//p' "$requirements")
    dir="$cache/schemathesis-$version"
    [ -x "$dir/bin/schemathesis" ] && return
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3 python3-venv
    say "installing schemathesis $version (pip) in $dir"
    # A Python environment cannot be moved: its programs name its folder. What was not finished is made again.
    rm -rf "$dir"
    mkdir -p "$cache"
    python3 -m venv "$dir" && "$dir/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2 \
        || { rm -rf "$dir"; fail "pip could not install schemathesis"; }
}

# A cargo subcommand, compiled once into the cache; NAME@VERSION for one that a check is written for.
need_cargo_tool() {
    command -v "${1%@*}" >/dev/null && return
    local status=0
    say "installing $1 (cargo; a few minutes, once)"
    # They run for seconds: time to optimise them is not got back.
    CARGO_TARGET_DIR="$cache/tools/target" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 cargo install --quiet --locked --root "$cache/tools" "$1" >&2 || status=$?
    rm -rf "$cache/tools/target"
    return "$status"
}

# What compiles the on-chain programs. The build kit installs its own compiler, if it finds none.
need_sbf() {
    cargo build-sbf --version >/dev/null 2>&1 && return
    command -v patch >/dev/null || apt_install patch
    command -v xz >/dev/null || apt_install xz-utils
}

# What compiles the local chain, which brings OpenSSL as source: make, and more of perl than Debian's perl-base.
need_local_chain() {
    [ -n "${VEILPASS_LOCAL_CHAIN:-}" ] && return
    command -v make >/dev/null || apt_install make
    perl -MFindBin -MIPC::Cmd -MTime::Piece -e 1 2>/dev/null || apt_install perl
}
