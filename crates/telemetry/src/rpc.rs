//! How the RPC endpoints of a cluster do. Labels are the endpoints' numbers in the settings: a URL may hold a key.

use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RpcOutcome {
    /// An answer.
    Answered,
    /// An error about the request: another endpoint would say the same.
    Refused,
    /// No answer in time, no connection, nonsense, or an error of the node.
    Failed,
    /// An answer of a state that is older than what was seen before.
    Behind,
}

impl RpcOutcome {
    const ALL: [Self; 4] = [Self::Answered, Self::Refused, Self::Failed, Self::Behind];

    const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Behind => "behind",
        }
    }
}

/// Records one request to the endpoint of this number, of `endpoints` in all. Which of them is in use is what answered last.
pub fn record_rpc(endpoint: usize, endpoints: usize, took: Duration, outcome: RpcOutcome) {
    let label = endpoint.to_string();
    counter!("veilpass_rpc_requests_total", "endpoint" => label.clone(), "outcome" => outcome.name()).increment(1);
    histogram!("veilpass_rpc_request_seconds", "endpoint" => label).record(took.as_secs_f64());
    if matches!(outcome, RpcOutcome::Answered | RpcOutcome::Refused) {
        for other in 0..endpoints {
            let is_it = if other == endpoint { 1.0 } else { 0.0 };
            gauge!("veilpass_rpc_endpoint_in_use", "endpoint" => other.to_string()).set(is_it);
        }
    }
}

/// Says what these metrics are, and shows them at zero: call it once the recorder is installed.
pub fn describe_rpc(endpoints: usize) {
    describe_counter!(
        "veilpass_rpc_requests_total",
        "Requests to RPC endpoints, by number of the endpoint and outcome"
    );
    describe_histogram!("veilpass_rpc_request_seconds", Unit::Seconds, "Time of a request to an RPC endpoint");
    describe_gauge!("veilpass_rpc_endpoint_in_use", "1 for the RPC endpoint that answered last");
    for endpoint in 0..endpoints {
        let label = endpoint.to_string();
        for outcome in RpcOutcome::ALL {
            counter!("veilpass_rpc_requests_total", "endpoint" => label.clone(), "outcome" => outcome.name())
                .increment(0);
        }
        let _ = histogram!("veilpass_rpc_request_seconds", "endpoint" => label.clone());
        gauge!("veilpass_rpc_endpoint_in_use", "endpoint" => label).increment(0.0);
    }
}
