//! The WebSocket: it says when to look at the ledger, and nothing else.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::{PubsubClient, PubsubClientError};
use solana_rpc_client_types::config::{RpcTransactionLogsConfig, RpcTransactionLogsFilter};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use veilpass_chain::PROGRAM_ID;

use crate::figures;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const FIRST_BACK_OFF: Duration = Duration::from_millis(250);
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// Notifies whenever a transaction that names the program and succeeded is confirmed, for as long as it is polled. A connection that is
/// cut is made again; what was missed meanwhile is found by polling.
pub(crate) async fn hint(url: String, look: Arc<Notify>) {
    let mut back_off = FIRST_BACK_OFF;
    figures::websocket(false);
    loop {
        match timeout(CONNECT_TIMEOUT, PubsubClient::new(&url)).await {
            Ok(Ok(client)) => match listen(&client, &look).await {
                Ok(0) => tracing::warn!("the WebSocket was cut before it said anything"),
                Ok(hints) => {
                    tracing::warn!(hints, "the WebSocket was cut");
                    back_off = FIRST_BACK_OFF;
                }
                Err(error) => tracing::warn!(%error, "the WebSocket does not subscribe"),
            },
            Ok(Err(error)) => tracing::warn!(%error, "the WebSocket does not connect; polling goes on"),
            Err(_) => tracing::warn!("the WebSocket does not answer; polling goes on"),
        }
        figures::websocket(false);
        sleep(back_off).await;
        back_off = LONGEST_BACK_OFF.min(back_off * 2);
        look.notify_one();
    }
}

async fn listen(client: &PubsubClient, look: &Notify) -> Result<u64, Box<PubsubClientError>> {
    let filter = RpcTransactionLogsFilter::Mentions(vec![PROGRAM_ID.to_string()]);
    let config = RpcTransactionLogsConfig { commitment: Some(CommitmentConfig::confirmed()) };
    let (mut messages, _unsubscribe) = client.logs_subscribe(filter, config).await?;
    figures::websocket(true);
    tracing::info!("the WebSocket is subscribed");
    let mut hints = 0;
    while let Some(message) = messages.next().await {
        hints += 1;
        // One that failed has no events.
        if message.value.err.is_none() {
            look.notify_one();
        }
    }
    Ok(hints)
}
