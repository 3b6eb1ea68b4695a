//! How a relayer behaves.

use std::time::Duration;

use veilpass_chain::{Format, UPLOAD_COMPUTE_UNITS, priority_lamports};
use veilpass_store::ChainStep;

use crate::sender::{MOST_UNITS, SIGNATURE_FEE};

/// How the relayer behaves.
#[derive(Debug, Clone)]
pub struct RelayerOptions {
    /// For how long an intent is leased; renewed every third of it.
    pub lease: Duration,
    /// How often a sent transaction is looked for.
    pub poll: Duration,
    /// How often it is sent again.
    pub resend: Duration,
    /// How often it is asked whether what is confirmed is final.
    pub finality_poll: Duration,
    /// The most to offer for a compute unit, in millionths of a lamport.
    pub max_price_micro_lamports: u64,
    /// The most to spend in 24 hours; settlements may use 95 % of it.
    pub daily_limit_lamports: u64,
    /// Below this balance it warns.
    pub low_balance_lamports: u64,
    /// Format of uploads; `None` asks the cluster.
    pub upload_format: Option<Format>,
}

/// Settlements leave one part of so many of the daily limit to roots: that of one every ten seconds, with the default limit.
const PARTS_WITHOUT_SETTLEMENTS: u64 = 20;
/// Roots whose fees the fee payer must have left when the rent of a buffer is paid.
const ROOTS_IN_RESERVE: u64 = 10;

impl RelayerOptions {
    /// The most that may be spent in 24 hours, such a transaction included. Whoever settles much must not keep roots from the
    /// chain, and with them revocations.
    pub(crate) fn limit_for(&self, step: ChainStep) -> u64 {
        let limit = self.daily_limit_lamports;
        match step {
            ChainStep::OpenBuffer | ChainStep::WriteBuffer | ChainStep::Verify => {
                limit - limit / PARTS_WITHOUT_SETTLEMENTS
            }
            // Closing gives back rent.
            ChainStep::PublishRoot | ChainStep::CloseBuffer | ChainStep::CloseNullifiers => limit,
        }
    }

    /// The most that a settlement takes after its buffer was opened by the first of so many uploads.
    pub(crate) fn most_after_opening(&self, uploads: usize, receipt: u64) -> u64 {
        let uploads = self.most_for(UPLOAD_COMPUTE_UNITS).saturating_mul(uploads.saturating_sub(1) as u64);
        uploads.saturating_add(self.most_for(MOST_UNITS)).saturating_add(receipt)
    }

    /// What the fee payer must have left for roots while a buffer holds its rent.
    pub(crate) fn reserve_for_roots(&self) -> u64 {
        self.most_for(MOST_UNITS).saturating_mul(ROOTS_IN_RESERVE)
    }

    /// The most that a transaction costs that may use so many compute units.
    fn most_for(&self, units: u32) -> u64 {
        SIGNATURE_FEE.saturating_add(priority_lamports(units, self.max_price_micro_lamports))
    }
}

impl Default for RelayerOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            poll: Duration::from_millis(200),
            resend: Duration::from_secs(2),
            finality_poll: Duration::from_secs(4),
            max_price_micro_lamports: 200_000,
            daily_limit_lamports: 1_000_000_000,
            low_balance_lamports: 500_000_000,
            upload_format: Some(Format::Legacy),
        }
    }
}
