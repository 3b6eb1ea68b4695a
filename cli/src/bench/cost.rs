//! What a million proofs cost, by the size of the fleet that makes them: the model's fleets, the prices of infra/cost.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;
use veilpass_capacity::Figure;

use super::report::Report;

/// Where the prices are, from the workspace's folder.
const PRICES: &str = "infra/cost/inputs.json";
const MINUTES_A_MONTH: f64 = 30.0 * 24.0 * 60.0;

/// What infra/cost/cost.mjs assumes. Prices are US dollars a month.
#[derive(Deserialize)]
struct Prices {
    peak_to_mean: f64,
    usd_a_vcpu_month: f64,
    usd_a_gb_month: f64,
    usd_postgres_and_redis_month: BTreeMap<String, f64>,
    phases: BTreeMap<String, BTreeMap<String, f64>>,
    requests: BTreeMap<String, Request>,
    workers_a_prover: f64,
}

/// What a replica of a service is given.
#[derive(Deserialize)]
struct Request {
    vcpu: f64,
    mib: f64,
}

impl Prices {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let path = root.join(PRICES);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("what {} says", path.display()))
    }

    /// A month of this many workers and of all that a stack has beside them, in US dollars. One of each service is
    /// enough for one prover; more have two of what is worth having twice.
    fn month(&self, workers: f64) -> f64 {
        let provers = (workers / self.workers_a_prover).ceil().max(1.0);
        let phase = if provers > 1.0 { "medium" } else { "small" };
        let of_services = self.requests.iter().map(|(name, Request { vcpu, mib })| {
            let planned = self.phases.get(phase).and_then(|phase| phase.get(name)).copied().unwrap_or(1.0);
            let replicas = if name == "prover" { planned.max(provers) } else { planned };
            replicas * (vcpu * self.usd_a_vcpu_month + mib / 1024.0 * self.usd_a_gb_month)
        });
        of_services.sum::<f64>() + self.usd_postgres_and_redis_month.get(phase).copied().unwrap_or_default()
    }
}

/// Prints the curves, as JSON lines only.
pub(super) fn print(root: &Path, figures: &[Figure]) -> anyhow::Result<()> {
    let prices = Prices::read(root)?;
    let context = json!({ "prices": PRICES, "currency": "USD", "peak_to_mean": prices.peak_to_mean });
    let report = Report::new(true, context);
    for figure in figures.iter().filter(|figure| figure.name == "model_fleet_proofs_per_minute") {
        let workers = figure.context["workers"].as_f64().context("a fleet has workers")?;
        let of_a_million = 1e6 * prices.month(workers) / (figure.value * MINUTES_A_MONTH);
        report.point("cost_busy", workers, "workers", of_a_million, "USD");
        report.point("cost_with_peaks", workers, "workers", of_a_million * prices.peak_to_mean, "USD");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use veilpass_circuit::workspace_root;

    use super::*;

    #[test]
    fn a_month_is_what_its_parts_cost() {
        let prices = Prices::read(&workspace_root()).unwrap();
        let (one, two, three) = (prices.month(1.0), prices.month(2.0), prices.month(3.0));
        assert!((one - two).abs() < 1e-9, "two workers are one prover");
        assert!(three > two);
        let prover = &prices.requests["prover"];
        let another = prover.vcpu * prices.usd_a_vcpu_month + prover.mib / 1024.0 * prices.usd_a_gb_month;
        assert!((prices.month(65.0) - prices.month(63.0) - another).abs() < 1e-9);
    }
}
