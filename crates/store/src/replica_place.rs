//! Whether another API works on the same database.
//!
//! A replica that shares its limits and nonces with others holds the place shared, one that keeps them in memory holds it
//! alone: Postgres gives it to one kind or the other.

use sqlx::{Connection, PgConnection};

use crate::{Store, StoreError};

/// The advisory lock: nothing else of this project uses this number.
const PLACE: i64 = 0x7665_696c_5f61_7069;

/// A replica's place, for as long as its connection lives: Postgres gives it back when that ends, however it ends.
#[derive(Debug)]
pub struct ReplicaPlace {
    connection: PgConnection,
}

/// Whoever has the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceHolder {
    /// As in `pg_stat_activity`.
    pub application_name: String,
    /// As Postgres sees it; none over a socket file.
    pub client_address: Option<String>,
}

/// The answer to an attempt.
#[derive(Debug)]
pub enum PlaceAttempt {
    /// The place is ours.
    Held(ReplicaPlace),
    /// These have it, in a way that leaves no room. Empty if they just left.
    Taken(Vec<PlaceHolder>),
}

impl Store {
    /// Takes a replica's place if nobody is in the way: `shared` with others that share, or alone.
    pub async fn try_take_place(&self, shared: bool) -> Result<PlaceAttempt, StoreError> {
        // A connection of its own: one that returns to the pool would be used by others, lock and all.
        let mut connection = self.pool.acquire().await?.detach();
        // If this machine vanishes, its place is free after 25 s, not after the two hours of an idle connection.
        sqlx::raw_sql("SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3")
            .execute(&mut connection)
            .await?;
        let statement = match shared {
            true => "SELECT pg_try_advisory_lock_shared($1)",
            false => "SELECT pg_try_advisory_lock($1)",
        };
        if sqlx::query_scalar(statement).bind(PLACE).fetch_one(&mut connection).await? {
            return Ok(PlaceAttempt::Held(ReplicaPlace { connection }));
        }
        // A lock of 64 bits is shown as two halves.
        let holders: Vec<(Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT DISTINCT a.application_name, host(a.client_addr)
             FROM pg_locks l JOIN pg_stat_activity a USING (pid)
             WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
               AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND l.classid::bigint = $1 AND l.objid::bigint = $2
             ORDER BY 1, 2",
        )
        .bind(PLACE >> 32)
        .bind(PLACE & 0xffff_ffff)
        .fetch_all(&mut connection)
        .await?;
        let _ = connection.close().await;
        let holder = |(name, client_address): (Option<String>, _)| PlaceHolder {
            application_name: name.unwrap_or_default(),
            client_address,
        };
        Ok(PlaceAttempt::Taken(holders.into_iter().map(holder).collect()))
    }
}

impl ReplicaPlace {
    /// Whether it is still ours: the connection lives.
    pub async fn is_held(&mut self) -> bool {
        self.connection.ping().await.is_ok()
    }

    /// Gives it up at once, for whoever goes on without it: that of a process that ends goes with its connection.
    pub async fn give_up(mut self) {
        // Before the connection ends, which the server may notice later.
        let _ = sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut self.connection).await;
        let _ = self.connection.close().await;
    }
}
