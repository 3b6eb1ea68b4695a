//! Settlements: the relayer's workers, and the room in blocks.

use serde::Serialize;
use serde_json::json;

use crate::{Arrivals, Figure, Load, Simulation, figure::Figures, measured};

/// What the default of `--daily-limit-lamports` leaves to settlements: fees, and rent that comes back only after an epoch.
const DAILY_LIMIT: f64 = 0.95e9;

/// What a block takes: Agave's cost model (`solana-cost-model` 4.2, `block_cost_limits.rs`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BlockLimits {
    /// Compute units of a block.
    pub units: f64,
    /// Compute units of a block that write to one account.
    pub units_per_account: f64,
    /// Seconds between blocks.
    pub seconds: f64,
    /// The part of a block that is to be had for settlements: others use it too.
    pub share: f64,
}

impl BlockLimits {
    /// Mainnet's limits, with a tenth of its blocks.
    pub const MAINNET: Self = Self { units: 60e6, units_per_account: 24e6, seconds: 0.4, share: 0.1 };
    /// Cost of a signature and of a writable account in a transaction.
    const SIGNATURE: f64 = 720.0;
    const WRITE_LOCK: f64 = 300.0;
}

/// The format of the transactions that upload a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadFormat {
    /// 1,232 bytes.
    Legacy,
    /// 4,096 bytes.
    V1,
}

impl UploadFormat {
    /// Transactions of one settlement, the verification among them.
    pub fn transactions(self) -> f64 {
        self.uploads().1 + 1.0
    }

    fn uploads(self) -> (f64, f64) {
        match self {
            Self::Legacy => measured::UPLOAD_LEGACY,
            Self::V1 => measured::UPLOAD_V1,
        }
    }

    /// What one settlement takes of a block. Bytes of data and of loaded accounts are below a hundredth of it, and left
    /// out.
    pub fn block_units(self) -> f64 {
        let (units, uploads) = self.uploads();
        // An upload writes to the payer and the buffer; the verification to the nullifier too.
        let upload = BlockLimits::SIGNATURE + 2.0 * BlockLimits::WRITE_LOCK;
        let verification = BlockLimits::SIGNATURE + 3.0 * BlockLimits::WRITE_LOCK;
        measured::VERIFY_UNITS + verification + units + uploads * upload
    }
}

/// Settlements on chain by one fee payer.
#[derive(Clone, Debug)]
pub struct SettlementScenario {
    /// For tables.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// Accepted proofs that are to be settled.
    pub arrivals: Arrivals,
    /// For how long, in seconds.
    pub seconds: f64,
    /// Intents that are worked on at once: `--workers` of all relayers.
    pub relayer_workers: u32,
    /// Format of uploads.
    pub format: UploadFormat,
    /// Limits of blocks.
    pub limits: BlockLimits,
}

impl SettlementScenario {
    pub(crate) fn figures(&self) -> Vec<Figure> {
        let (units, limits) = (self.format.block_units(), self.limits);
        let service = measured::settlement();
        let load = Load::Open { arrivals: self.arrivals, seconds: self.seconds };
        let outcome = Simulation::plain(self.seed, load, self.relayer_workers, service).run();
        let all = outcome.all();
        let mut figures = Figures::new(json!({
            "scenario": self.title, "question": "settlement", "seed": self.seed, "arrivals": self.arrivals,
            "seconds": self.seconds, "relayer_workers": self.relayer_workers, "format": self.format, "limits": limits,
            "block_units_of_one": units,
        }));
        // Whole ones: a transaction is in a block or not.
        let in_blocks = |units_of_block: f64| libm::floor(units_of_block / units) / limits.seconds;
        figures.add("model_settlements_by_relayer", f64::from(self.relayer_workers) / service.mean(), "per s");
        figures.add("model_settlements_by_fee_payer", in_blocks(limits.units_per_account), "per s");
        figures.add("model_settlements_by_share_of_blocks", in_blocks(limits.units * limits.share), "per s");
        figures.add("model_settlements_by_whole_blocks", in_blocks(limits.units), "per s");
        figures.add("model_settlement_p50_s", all.sojourns.percentile(50), "s");
        figures.add("model_settlement_p99_s", all.sojourns.percentile(99), "s");
        let transactions = self.format.transactions();
        figures.add("model_transactions", self.arrivals.peak_rate() * transactions, "per s, at most");
        let fees = transactions * measured::SIGNATURE_FEE;
        figures.add("model_fees_of_1000", fees * 1000.0 / 1e9, "SOL");
        figures.add("model_rent_of_1000", measured::NULLIFIER_RENT * 1000.0 / 1e9, "SOL");
        figures.add("model_settlements_a_day_by_limit", DAILY_LIMIT / (fees + measured::NULLIFIER_RENT), "settlements");
        figures.into_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_settlement_is_its_transactions() {
        assert_eq!((UploadFormat::Legacy.transactions(), UploadFormat::V1.transactions()), (14.0, 5.0));
        assert_eq!(UploadFormat::V1.block_units(), 707_151.0 + 1_620.0 + 9_150.0 + 4.0 * 1_320.0);
        assert_eq!(UploadFormat::V1.transactions() * measured::SIGNATURE_FEE, 25_000.0, "as the README says");
    }
}
