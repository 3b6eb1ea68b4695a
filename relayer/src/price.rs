//! What to offer for a compute unit.

use serde_json::json;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_rpc_client::api::request::RpcRequest;
use solana_rpc_client_types::response::RpcPrioritizationFee;

use crate::rpc_pool::{RpcFailure, RpcPool};

/// Most accounts that the RPC takes in one question.
const MOST_ACCOUNTS: usize = 128;
/// Offered at least after a transaction expired, in millionths of a lamport.
const AFTER_EXPIRY: u64 = 1_000;

/// The price, in millionths of a lamport for each compute unit: what three of four recent blocks took for these
/// accounts, half as much more for each transaction that expired, and never above the cap.
pub(crate) async fn price(
    pool: &RpcPool,
    instructions: &[Instruction],
    expired: u64,
    cap: u64,
) -> Result<u64, RpcFailure> {
    let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
    let mut writable: Vec<Address> = metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
    writable.sort_unstable();
    writable.dedup();
    writable.truncate(MOST_ACCOUNTS);
    let names: Vec<String> = writable.iter().map(Address::to_string).collect();
    let recent: Result<Vec<RpcPrioritizationFee>, _> =
        pool.request(RpcRequest::GetRecentPrioritizationFees, json!([names])).await;
    let fees = match recent {
        Ok(fees) => fees.into_iter().map(|fee| fee.prioritization_fee).collect(),
        // An RPC that does not know the question: nobody bids there.
        Err(RpcFailure::Refused { .. }) => vec![],
        Err(unavailable) => return Err(unavailable),
    };
    Ok(price_offer(fees, expired, cap))
}

/// The price to offer after so many transactions expired, from what `recent` blocks took. By itself for whoever asks the chain in
/// another way than this relayer.
pub fn price_offer(mut recent: Vec<u64>, expired: u64, cap: u64) -> u64 {
    recent.sort_unstable();
    let usual = recent.get(recent.len() * 3 / 4).copied().unwrap_or(0);
    let least = if expired > 0 { AFTER_EXPIRY } else { 0 };
    (0..expired.min(64)).fold(usual.max(least), |price, _| price.saturating_add(price / 2)).min(cap)
}

#[cfg(test)]
mod tests {
    use super::price_offer;

    #[test]
    fn the_offer_follows_the_recent_and_grows_with_each_expiry_up_to_the_cap() {
        assert_eq!(price_offer(vec![], 0, 100_000), 0);
        assert_eq!(price_offer(vec![9, 0, 0, 7], 0, 100_000), 9);
        assert_eq!(price_offer(vec![], 1, 100_000), 1_500);
        assert_eq!(price_offer(vec![2_000], 2, 100_000), 4_500);
        assert_eq!(price_offer(vec![2_000], 60, 100_000), 100_000);
    }
}
