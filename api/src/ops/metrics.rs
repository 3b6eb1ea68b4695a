//! What all services say of themselves.

use axum::{Json, extract::State};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use veilpass_store::ServiceReport;

use crate::{problem::Problem, state::AppState};

/// The last report of one process.
#[derive(Serialize)]
pub(crate) struct ReportView {
    service: String,
    instance: String,
    /// RFC 3339, by the database's clock.
    at: String,
    age_seconds: f64,
    /// Prometheus' text format.
    metrics: String,
}

/// `GET /ops/v1/metrics`: the reports of the last minute.
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<Json<Vec<ReportView>>, Problem> {
    let reports = state.store.service_reports().await?;
    let view = |report: ServiceReport| ReportView {
        service: report.service,
        instance: report.instance,
        at: report.at.format(&Rfc3339).unwrap_or_default(),
        age_seconds: report.age.as_secs_f64(),
        metrics: report.metrics,
    };
    Ok(Json(reports.into_iter().map(view).collect()))
}
