//! Measuring the RPC's own client.

use std::time::Instant;

use solana_rpc_client_api::client_error::Error;
use veilpass_telemetry::{RpcOutcome, record_rpc};

use crate::ledger::{SLOT_NOT_REACHED, UNSUPPORTED_VERSION, is_refused};

/// Measures a request to the one node that an indexer has.
pub(crate) async fn timed<T>(request: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let begun = Instant::now();
    let answer = request.await;
    let outcome = match &answer {
        Ok(_) => RpcOutcome::Answered,
        Err(error) if is_refused(error, SLOT_NOT_REACHED) => RpcOutcome::Behind,
        Err(error) if is_refused(error, UNSUPPORTED_VERSION) => RpcOutcome::Refused,
        Err(_) => RpcOutcome::Failed,
    };
    record_rpc(0, 1, begun.elapsed(), outcome);
    answer
}
