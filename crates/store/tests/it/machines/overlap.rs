//! Two calls that overlap, in a set order.

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use sqlx::PgPool;

/// Runs two calls that both change one row: holds the row, begins the first, which waits for it, then the second, and lets go.
/// Both have seen the database from before the other, and the first gets the row first. `lock` is the statement that holds it.
pub(crate) async fn overlap<T>(
    pool: &PgPool,
    lock: &str,
    first: impl Future<Output = T>,
    second: impl Future<Output = T>,
) -> (T, T) {
    let mut held = pool.begin().await.unwrap();
    sqlx::raw_sql(lock).execute(&mut *held).await.unwrap();
    let mut first = pin!(first);
    let mut second = pin!(second);
    let one = begin(pool, 1, first.as_mut()).await;
    let two = begin(pool, 1 + i64::from(one.is_none()), second.as_mut()).await;
    held.commit().await.unwrap();
    tokio::join!(finish(one, first), finish(two, second))
}

/// Drives a call until it ends, or waits as one of so many.
async fn begin<T>(pool: &PgPool, waiting: i64, mut call: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let seen = async {
        let count =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(count).fetch_one(pool).await.unwrap() < waiting {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        biased;
        ended = &mut call => Some(ended),
        () = seen => None,
    }
}

async fn finish<T>(ended: Option<T>, call: Pin<&mut impl Future<Output = T>>) -> T {
    match ended {
        Some(ended) => ended,
        None => call.await,
    }
}
