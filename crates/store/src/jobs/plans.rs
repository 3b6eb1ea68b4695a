//! Tests: no statement of the queue reads more because more jobs have ended.
//!
//! The plans are those of prepared statements, both with the values known and without (`force_generic_plan`, what Postgres may
//! change to after five executions).

use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection, PgConnection, PgPool, Row};
use veilpass_protocol::{
    Context, Epoch, EpochPolicy, FieldElement, Leaf, MerkleRoot, Nullifier, Pepper, ProofStatement, ProverKeyId,
    RegistryId, SEALED_WITNESS_BYTES, SealedWitness, TokenId, WalletHash,
};

use super::{archive, enqueue, fetch, figures, lease, new_job, requeue};
use crate::{Enrolment, NewRegistry, Store};

const KEY: [u8; 32] = [9; 32];
/// Blocks of 8 kB that a statement may touch; one that moves or removes a batch of 500 rows, in all its indexes.
const FEW: u64 = 200;
const BATCH: u64 = 500 * 40;

struct Statement {
    name: &'static str,
    sql: String,
    types: &'static str,
    values: String,
    most_blocks: u64,
}

fn statements(track: &str) -> Vec<Statement> {
    let key = format!(r"'\x{}'", hex(&ProverKeyId::of_public_key(&KEY).to_bytes()));
    let element = |value: u8| format!(r"'\x{value:064x}'");
    let failed = "3, 'attempts_exhausted', 'lease_expired'";
    let of_claim = format!("SELECT j.proof, {}", super::status::OF_CLAIM);
    let token = "gen_random_uuid(), sha256(decode(repeat('07', 32), 'hex'))";
    let new =
        |name, sql: &str, types, values, most_blocks| Statement { name, sql: sql.into(), types, values, most_blocks };
    vec![
        new("lease", lease::LEASE, "bytea, uuid, text, float8", format!("{key}, gen_random_uuid(), 'a', 30"), FEW),
        new(
            "enqueue",
            enqueue::ENQUEUE,
            "uuid, bytea, bytea, text, bytea, bytea, bytea, bytea, int8, int2, bool, bytea, bytea",
            format!(
                r"gen_random_uuid(), {}, '\x{track}', '1', {}, {}, {key}, decode(repeat('05', 117), 'hex'), 1000, 7::int2, true,
                  decode(repeat('aa', 32), 'hex'), sha256('new')",
                element(1),
                element(2),
                element(3)
            ),
            FEW,
        ),
        new("backlog", enqueue::BACKLOG, "bytea, int2", format!("{key}, 7::int2"), FEW),
        new("claim", enqueue::CLAIM, "bytea, bool, bytea", "sha256('777'), true, sha256('another')".into(), FEW),
        new("status", &of_claim, "uuid, bytea", token.into(), FEW),
        new("fetch", fetch::LOCK, "uuid, bytea", token.into(), FEW),
        new("requeue-expired", &requeue::requeue_expired(), "int4, text, text", failed.into(), FEW),
        new("unserved", &requeue::unserved(), "text, float8", "'prover_gone', 600".into(), FEW),
        new("queue_depth", figures::DEPTH, "", String::new(), FEW),
        new("estimate", figures::LOAD, "", String::new(), FEW),
        new("archive, nothing due", archive::ARCHIVE, "int8, int8", "864000, 500".into(), FEW),
        new("archive, a batch", archive::ARCHIVE, "int8, int8", "3600, 500".into(), BATCH),
        new("forget, a batch", archive::FORGET, "int4, int8", "30, 500".into(), BATCH),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A registry, `ended` jobs of the last two days and as many in the archive, 60 that wait and 5 that are leased, 3 of them for too
/// long. Returns the track, in hexadecimal digits.
async fn fill(pool: &PgPool, ended: u32) -> String {
    let store = Store::from_pool(pool.clone());
    let registry = RegistryId::new(FieldElement::from_u64(1));
    let new = NewRegistry {
        id: registry,
        slug: "main".into(),
        program_id: "11111111111111111111111111111111".into(),
        cluster: "localnet".into(),
        epochs: EpochPolicy { length_seconds: 3600, grace_seconds: 60 },
        root_lifetime_seconds: 3600,
        anchored: false,
    };
    store.create_registry(&new).await.unwrap();
    let track_id = store.create_track(registry, "first-light").await.unwrap();
    let enrolment = Enrolment {
        wallet_hash: WalletHash::new(&Pepper::new([1; 32]), &[2; 32]),
        token_id: TokenId::new(FieldElement::from_u64(3)),
        track_id,
        leaf: Leaf::new(FieldElement::from_u64(4)),
    };
    store.enrol(registry, &[enrolment]).await.unwrap();
    store.publish_root(registry, MerkleRoot::new(FieldElement::from_u64(5)), 1, 1).await.unwrap();
    store.announce_prover_key(&KEY, Duration::from_secs(600)).await.unwrap();
    let track = hex(&track_id.to_be_bytes());

    let mut connection = pool.acquire().await.unwrap().detach();
    // Without foreign keys and triggers, which would be most of the time.
    let history = format!(
        r"SET session_replication_role = replica; SET statement_timeout = 0;
        INSERT INTO proof_jobs (id, registry_id, track_id, epoch, nullifier, context, prover_key_id, state, attempts, created_at,
                                started_at, finished_at, root_seq, proof, failure, request_hash)
        SELECT gen_random_uuid(), '\x{one}', '\x{track}', 1, decode(lpad(to_hex(n), 64, '0'), 'hex'), '\x{one}', '\x{key}',
               (CASE WHEN n % 10 = 0 THEN 'failed' ELSE 'done' END)::proof_job_state, 1, at, at, at,
               CASE WHEN n % 10 > 0 THEN 1 END, CASE WHEN n % 10 > 0 THEN decode(repeat('03', 7232), 'hex') END,
               CASE WHEN n % 10 = 0 THEN 'not_a_member' END, sha256(n::text::bytea)
        FROM (SELECT n, now() - n * interval '2 d' / {ended} AS at FROM generate_series(1, {ended}) AS n) AS ends;
        INSERT INTO proof_job_claims (token_hash, job_id) SELECT sha256(('token ' || id)::bytea), id FROM proof_jobs;
        INSERT INTO proof_jobs_archive SELECT gen_random_uuid(), '\x{one}', '\x{track}', 'done', NULL, NULL, 1, at, at, at, 3600
        FROM (SELECT now() - n * interval '60 d' / {ended} AS at FROM generate_series(1, {ended}) AS n) AS ends;
        INSERT INTO proof_job_claims (token_hash, job_id)
        SELECT sha256(('token ' || id)::bytea), id FROM proof_jobs_archive;
        ANALYZE",
        one = format_args!("{:064x}", 1),
        key = hex(&ProverKeyId::of_public_key(&KEY).to_bytes()),
    );
    sqlx::raw_sql(&history).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();

    for number in 0..65 {
        let job = new_job::NewJob {
            statement: ProofStatement {
                registry_id: registry,
                track_id,
                epoch: Epoch(1),
                nullifier: Nullifier::new(FieldElement::from_u64(number)),
                context: Context::new(FieldElement::from_u64(6)),
            },
            prover_key_id: ProverKeyId::of_public_key(&KEY),
            sealed_witness: SealedWitness::from_slice(&[5; SEALED_WITNESS_BYTES]).unwrap(),
            client: new_job::ClientBucket::of_hash(&[number as u8; 32]),
            patient: number % 3 > 0,
            token: super::TokenHash::of(&[number as u8; 32]),
        };
        store.enqueue_job(&job, 1_000).await.unwrap();
    }
    for number in 0..5 {
        let lease = Duration::from_secs(if number < 3 { 0 } else { 600 });
        store.lease_job(ProverKeyId::of_public_key(&KEY), "a", lease).await.unwrap().unwrap();
    }
    track
}

/// What a plan does, and how many blocks it touched: of each node what it adds to its children's.
fn walk(node: &Value, nodes: &mut Vec<String>) -> u64 {
    let count = |node: &Value| {
        ["Shared Hit Blocks", "Shared Read Blocks"].iter().filter_map(|name| node[*name].as_u64()).sum::<u64>()
    };
    let text = |name: &str| node[name].as_str();
    let on = text("Index Name").or(text("Relation Name")).or(text("CTE Name"));
    nodes.push(on.map_or(text("Node Type").unwrap().into(), |on| format!("{} {on}", text("Node Type").unwrap())));
    let children = node["Plans"].as_array().map(Vec::as_slice).unwrap_or_default();
    let below: u64 = children.iter().map(count).sum();
    count(node).saturating_sub(below) + children.iter().map(|child| walk(child, nodes)).sum::<u64>()
}

async fn explain(connection: &mut PgConnection, statement: &Statement) -> Value {
    let Statement { sql, types, values, .. } = statement;
    let (types, values) =
        if types.is_empty() { (String::new(), String::new()) } else { (format!("({types})"), format!("({values})")) };
    sqlx::raw_sql(&format!("PREPARE tried {types} AS {sql}")).execute(&mut *connection).await.unwrap();
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE tried{values}");
    let row = sqlx::query(&explain).fetch_one(&mut *connection).await.unwrap();
    sqlx::raw_sql("DEALLOCATE tried").execute(connection).await.unwrap();
    row.try_get::<Value, _>(0).unwrap()[0].take()
}

async fn check_plans(pool: &PgPool, ended: u32, print: bool) {
    let track = fill(pool, ended).await;
    let mut connection = pool.acquire().await.unwrap();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        for statement in statements(&track) {
            let mut transaction = connection.begin().await.unwrap();
            sqlx::raw_sql(&format!("SET LOCAL plan_cache_mode = {mode}")).execute(&mut *transaction).await.unwrap();
            let plan = explain(&mut transaction, &statement).await;
            transaction.rollback().await.unwrap();
            let (name, mut nodes) = (statement.name, Vec::new());
            let blocks = walk(&plan["Plan"], &mut nodes);
            if print {
                println!("{name} ({mode}): {blocks} blocks, {} ms\n    {}", plan["Execution Time"], nodes.join(", "));
            }
            for node in &nodes {
                let passes_all =
                    node.starts_with("Seq Scan proof_job") || node.starts_with("Parallel Seq Scan proof_job");
                assert!(!passes_all, "{name} ({mode}): {nodes:?}");
            }
            assert!(name != "lease" || nodes.iter().all(|node| node != "Sort"), "passes all that wait: {nodes:?}");
            assert!(blocks > 0 && blocks <= statement.most_blocks, "{name} ({mode}): {blocks} blocks: {nodes:?}");
        }
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn no_statement_grows_with_the_history(pool: PgPool) {
    check_plans(&pool, 20_000, false).await;
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
#[ignore = "takes minutes: a million jobs"]
async fn no_statement_grows_with_a_history_of_a_million_jobs(pool: PgPool) {
    check_plans(&pool, 1_000_000, true).await;
}
