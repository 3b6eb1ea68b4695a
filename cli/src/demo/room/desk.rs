//! Gives tokens away: what a sale is elsewhere.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use solana_address::Address;
use tokio::sync::Mutex;
use veilpass_chain::SigningKey;
use veilpass_protocol::{RegistryId, TokenId, TrackId};
use veilpass_store::Store;

use super::{Shared, problem};
use crate::{demo::token::mint_token, operator::ChainRpc};

/// Tokens that one run of the demo gives away.
const MOST: u32 = 500;

/// The desk, of a chain that costs nothing.
pub(crate) struct Desk {
    rpc: ChainRpc,
    payer: SigningKey,
    store: Store,
    /// Tokens that are left. One is made after the other.
    left: Mutex<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    wallet: String,
    track_id: TrackId,
}

impl Desk {
    pub(crate) fn new(rpc: ChainRpc, payer: SigningKey, store: Store) -> Self {
        Self { rpc, payer, store, left: Mutex::new(MOST) }
    }

    /// Makes a token, lets it unlock the track, and gives it to the wallet.
    async fn give(&self, registry: RegistryId, track: TrackId, wallet: &Address) -> anyhow::Result<Option<Address>> {
        let mut left = self.left.lock().await;
        let Some(rest) = left.checked_sub(1) else { return Ok(None) };
        let mint = mint_token(&self.rpc, &self.payer, wallet).await?;
        self.store.allow_assets(registry, track, &[TokenId::from_mint(&mint.to_bytes())]).await?;
        *left = rest;
        Ok(Some(mint))
    }
}

pub(super) async fn give(State(shared): State<Arc<Shared>>, wish: Result<Json<Wish>, JsonRejection>) -> Response {
    let Some(desk) = &shared.desk else {
        return problem(StatusCode::NOT_FOUND, "No desk", "tokens of this cluster are not this demo's to give");
    };
    let Json(wish) = match wish {
        Ok(wish) => wish,
        Err(error) => return problem(StatusCode::BAD_REQUEST, "Bad request", &error.body_text()),
    };
    let Ok(wallet) = wish.wallet.parse::<Address>() else {
        return problem(StatusCode::BAD_REQUEST, "Bad request", "wallet: not a base58 address of 32 bytes");
    };
    if !shared.tracks.iter().any(|track| track.id() == wish.track_id) {
        return problem(StatusCode::NOT_FOUND, "No such track", "track_id: not one of this catalogue");
    }
    match desk.give(shared.registry, wish.track_id, &wallet).await {
        Ok(Some(mint)) => (StatusCode::CREATED, Json(json!({ "mint": mint.to_string() }))).into_response(),
        Ok(None) => problem(StatusCode::TOO_MANY_REQUESTS, "The desk is empty", "start the demo again for more tokens"),
        Err(error) => {
            eprintln!("the desk could not make a token: {error:#}");
            problem(
                StatusCode::BAD_GATEWAY,
                "No token",
                "the chain did not take the transaction: see the demo's output",
            )
        }
    }
}
