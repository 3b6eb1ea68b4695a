#!/usr/bin/env bash
# What KEDA asks the database, asked of a real one: a private Postgres with the project's migrations and a queue of
# known size. Exit 77: there is no Postgres here.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=$(find /usr/lib/postgresql -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ]; then
    command -v initdb >/dev/null || exit 77
    bin=$(dirname "$(command -v initdb)")
fi
work=$(mktemp -d)
# Postgres refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
    id postgres >/dev/null 2>&1 || exit 77
    chown postgres "$work"
    as=(runuser -u postgres --)
fi
cleanup() {
    (cd "$work" && "${as[@]}" "$bin/pg_ctl" stop -D "$work/data" -m immediate -s) || true
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work"
"${as[@]}" "$bin/initdb" -D "$work/data" -A trust -U veilpass --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" start -D "$work/data" -s -w -l "$work/log" -o "-k $work -c listen_addresses='' -c fsync=off"
sql() { "$bin/psql" -h "$work" -U "${2:-veilpass}" -d postgres -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
file() { "$bin/psql" -h "$work" -U "${2:-veilpass}" -d postgres -qAtX -v ON_ERROR_STOP=1 -f "$1"; }
expect() {
    [ "$2" = "$3" ] || { echo "$1: $2, not $3" >&2; exit 1; }
    echo "$1: $2"
}

for migration in "$root"/migrations/*.sql; do file "$migration"; done
chart=$root/infra/helm/veilpass/files
file "$chart/scaler-role.sql"
sql "ALTER ROLE veilpass_scaler LOGIN"
expect 'workers wanted by nobody' "$(file "$chart/workers-wanted.sql" veilpass_scaler)" 0

sql "
INSERT INTO registries (id, slug, program_id, cluster, epoch_length_seconds, epoch_grace_seconds, root_lifetime_seconds)
VALUES (decode(lpad('01', 64, '0'), 'hex'), 'main', repeat('1', 32), 'localnet', 1000, 10, 1000);
INSERT INTO tracks (registry_id, id, slug) SELECT id, id, 'first' FROM registries;
INSERT INTO prover_keys (id, public_key, expires_at)
VALUES (decode(repeat('02', 16), 'hex'), decode(repeat('03', 32), 'hex'), now() + interval '1 hour');
INSERT INTO provers (name, prover_key_id, workers, mean_proof_ms, expires_at) VALUES
    ('live', decode(repeat('02', 16), 'hex'), 2, 200, now() + interval '1 minute');
INSERT INTO proof_jobs (id, registry_id, track_id, epoch, nullifier, context, prover_key_id, sealed_witness, state,
                        finished_at, failure)
SELECT gen_random_uuid(), r.id, r.id, 1, r.id, r.id, decode(repeat('02', 16), 'hex'),
       CASE WHEN n <= 40 THEN decode(repeat('00', 117), 'hex') END,
       (CASE WHEN n <= 40 THEN 'queued' ELSE 'failed' END)::proof_job_state,
       CASE WHEN n > 40 THEN now() - interval '1 second' * (CASE WHEN n <= 100 THEN 5 ELSE 300 END) END,
       CASE WHEN n > 40 THEN 'test' END
FROM registries r, generate_series(1, 200) n;"
# 40 wait, 60 ended within the minute, 100 earlier: 0.2 s x (60 / 60 s x 1.33 + 40 / 2 s).
expect 'workers wanted by a load' "$(file "$chart/workers-wanted.sql" veilpass_scaler)" 4.266
for column in sealed_witness nullifier proof context; do
    if sql "SELECT $column FROM proof_jobs LIMIT 1" veilpass_scaler >/dev/null 2>&1; then
        echo "the scaler's role may read $column" >&2
        exit 1
    fi
done
echo 'the scaler reads no witness, nullifier, proof or context'
