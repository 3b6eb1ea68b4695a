//! Runs a state machine of proptest against one database, which each case finds empty.
//!
//! `PROPTEST_CASES` sets how many cases, and `PROPTEST_RNG_SEED` which; a failure says the seed that it was found with. Nothing
//! is written beside the sources, which may be read-only: a sequence worth keeping becomes a test of its own.

use std::{cell::RefCell, env, panic, rc::Rc, time::Duration};

use proptest::test_runner::{Config, RngSeed, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::runtime::{Builder, Runtime};

const CASES: u32 = 64;
/// Most calls of a case.
const STEPS: usize = 40;
/// Milliseconds and runs that a failure may be made smaller for.
const SHRINKING: (u32, u32) = (60_000, 2_000);

/// Where the cases of one test run: the traits of the state machine hand nothing through.
pub(crate) struct Bench {
    runtime: Runtime,
    pub(crate) pool: PgPool,
    /// Empties all tables.
    clear: String,
}

thread_local! {
    static BENCH: RefCell<Option<Rc<Bench>>> = const { RefCell::new(None) };
}

impl Bench {
    fn start(options: PgConnectOptions) -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (pool, tables) = runtime.block_on(async {
            let pool = PgPoolOptions::new().max_connections(8).connect_with(options).await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'",
            )
            .fetch_all(&pool)
            .await
            .unwrap();
            (pool, tables)
        });
        let deletes: String = tables.iter().map(|table| format!("DELETE FROM {table}; ")).collect();
        // Foreign keys are triggers; without them any order will do.
        let clear = format!("SET session_replication_role = replica; {deletes} RESET session_replication_role");
        Self { runtime, pool, clear }
    }

    /// The one of this thread, its tables empty.
    pub(crate) fn cleared() -> Rc<Self> {
        let bench = BENCH.with_borrow(|bench| Rc::clone(bench.as_ref().unwrap()));
        bench.wait(async {
            nobody_leads(&bench.pool).await;
            sqlx::raw_sql(&bench.clear).execute(&bench.pool).await.unwrap();
        });
        bench
    }

    /// Lets so many seconds pass: `past` of the statements is how long.
    pub(crate) async fn age(&self, statements: &str, seconds: u64) {
        let statements = statements.replace("past", &format!("interval '{seconds} s'"));
        sqlx::raw_sql(&statements).execute(&self.pool).await.unwrap();
    }

    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

/// Waits until no connection has an advisory lock: the server takes a moment to see that one is gone.
pub(crate) async fn nobody_leads(pool: &PgPool) {
    const HELD: &str = "SELECT EXISTS (SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
                                       WHERE locktype = 'advisory' AND datname = current_database())";
    while sqlx::query_scalar(HELD).fetch_one(pool).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    env::var(variable).ok()?.parse().ok()
}

/// Runs the cases of a machine.
pub(crate) async fn run<M: StateMachineTest + 'static>(options: PgConnectOptions) {
    let cases = move || {
        let seed = number("PROPTEST_RNG_SEED").unwrap_or_else(|| uuid::Uuid::new_v4().as_u64_pair().0);
        let config = Config {
            cases: number("PROPTEST_CASES").unwrap_or(CASES),
            rng_seed: RngSeed::Fixed(seed),
            failure_persistence: None,
            max_shrink_time: SHRINKING.0,
            max_shrink_iters: SHRINKING.1,
            ..Config::default()
        };
        BENCH.set(Some(Rc::new(Bench::start(options))));
        let sequences = M::Reference::sequential_strategy(1..=STEPS);
        let ended = TestRunner::new(config.clone()).run(&sequences, |(initial, transitions, seen)| {
            M::test_sequential(config.clone(), initial, transitions, seen);
            Ok(())
        });
        let bench = BENCH.take().unwrap();
        bench.wait(bench.pool.close());
        if let Err(error) = ended {
            panic!("{error}\nPROPTEST_RNG_SEED={seed} PROPTEST_CASES={} finds it again", config.cases);
        }
    };
    // A thread of its own: the machine's steps are no futures.
    if let Err(error) = tokio::task::spawn_blocking(cases).await {
        panic::resume_unwind(error.into_panic());
    }
}
