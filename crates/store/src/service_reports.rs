//! What services say of themselves: their metrics, as text.

use std::time::Duration;

use sqlx::Row;
use time::OffsetDateTime;

use crate::{Store, StoreError, error::violated_constraint};

/// For how long a report is kept.
const LIFETIME: Duration = Duration::from_secs(60);
/// Longest text of a report, in bytes.
pub const MAX_REPORT_BYTES: usize = 1 << 20;

/// A process of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceInstance {
    /// `api`, `prover`, `indexer` or `relayer`.
    pub service: &'static str,
    /// Unlike that of any other process of the service: 1 to 256 characters.
    pub instance: String,
}

impl ServiceInstance {
    /// This process, by the machine's name and its own number.
    pub fn of_this_process(service: &'static str) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let host: String = host.trim().chars().take(200).collect();
        Self { service, instance: format!("{host}-{}", std::process::id()) }
    }
}

/// What a process said last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceReport {
    /// Its service.
    pub service: String,
    /// Its name among the service's processes.
    pub instance: String,
    /// When, by the database's clock.
    pub at: OffsetDateTime,
    /// How long ago that was.
    pub age: Duration,
    /// Its metrics, in Prometheus' text format.
    pub metrics: String,
}

/// Why a report was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It is longer than [`MAX_REPORT_BYTES`]. Nothing of it was kept.
    #[error("the metrics have {0} bytes, and a report may have {MAX_REPORT_BYTES}")]
    TooLong(usize),
    /// There is no such service, or no such name.
    #[error("the service or the instance is not one")]
    NoInstance,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Keeps what a process says, in place of what it said before, and removes what was said more than a minute ago. To be
    /// called every five seconds.
    pub async fn report_service(&self, from: &ServiceInstance, metrics: &str) -> Result<(), ReportError> {
        if metrics.len() > MAX_REPORT_BYTES {
            return Err(ReportError::TooLong(metrics.len()));
        }
        let kept = sqlx::query(
            "WITH gone AS (
                 DELETE FROM service_reports WHERE (service, instance) IN (
                     SELECT service, instance FROM service_reports
                     WHERE reported_at < now() - make_interval(secs => $4) AND (service, instance) <> ($1, $2)
                     FOR UPDATE SKIP LOCKED)
             )
             INSERT INTO service_reports (service, instance, metrics) VALUES ($1, $2, $3)
             ON CONFLICT (service, instance) DO UPDATE SET (metrics, reported_at) = (excluded.metrics, now())",
        )
        .bind(from.service)
        .bind(&from.instance)
        .bind(metrics)
        .bind(LIFETIME.as_secs_f64())
        .execute(&self.pool)
        .await;
        match kept {
            Ok(_) => Ok(()),
            Err(error) if violated_constraint(&error).is_some() => Err(ReportError::NoInstance),
            Err(error) => Err(StoreError::from(error).into()),
        }
    }

    /// What services said in the last minute, by service and instance. Those of processes that have ended are among them until
    /// they are a minute old.
    pub async fn service_reports(&self) -> Result<Vec<ServiceReport>, StoreError> {
        let rows = sqlx::query(
            "SELECT service, instance, reported_at, metrics,
                    greatest(extract(epoch FROM now() - reported_at), 0)::float8 AS age
             FROM service_reports WHERE reported_at >= now() - make_interval(secs => $1)
             ORDER BY service, instance LIMIT 64",
        )
        .bind(LIFETIME.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ServiceReport {
                    service: row.try_get("service")?,
                    instance: row.try_get("instance")?,
                    at: row.try_get("reported_at")?,
                    age: Duration::from_secs_f64(row.try_get("age")?),
                    metrics: row.try_get("metrics")?,
                })
            })
            .collect()
    }
}
