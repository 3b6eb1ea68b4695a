//! What a faulty `bb` does, and the file that says so.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// What goes wrong with one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BbFault {
    /// A frame announced with 0xffffffff bytes, and no more.
    BogusLength,
    /// The first half of the frame, and no more.
    Truncated,
    /// Random bytes in a frame of the right length.
    Noise,
    /// No answer.
    Silence,
    /// The answer, after [`BbPlan::late_ms`].
    Late,
    /// The process ends in the middle of the frame.
    Exit,
    /// One bit of a proof is another. Answers without a proof pass.
    FlippedProof,
    /// A proof that does not hold, by a flipped bit or because it is one of before, and `verified: true` when it is asked about
    /// next. Answers without a proof pass.
    Lie,
    /// An answer of before, of the same kind or of another.
    Replayed,
    /// [`BbPlan::growth_mb`] more are taken and kept; the answer passes. Where they are not to be had, the process ends.
    Growth,
}

impl BbFault {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::BogusLength,
        Self::Truncated,
        Self::Noise,
        Self::Silence,
        Self::Late,
        Self::Exit,
        Self::FlippedProof,
        Self::Lie,
        Self::Replayed,
        Self::Growth,
    ];
}

/// What a faulty `bb` does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BbPlan {
    /// The real `bb`.
    pub bb: PathBuf,
    /// Seed of all draws. Of processes with the same seed each draws its own, by the number of its start.
    pub seed: u64,
    /// How many answers of a thousand befalls what; at most a thousand in all.
    pub per_mille: BTreeMap<BbFault, u32>,
    /// How long a late answer is held back, in milliseconds.
    pub late_ms: u64,
    /// How much a growth takes, in MiB.
    pub growth_mb: usize,
    /// How many times as long as `bb` every answer takes. 1: as it comes.
    pub slowness: u32,
}

impl BbPlan {
    /// A plan without faults.
    pub fn new(bb: impl Into<PathBuf>, seed: u64) -> Self {
        Self { bb: bb.into(), seed, per_mille: BTreeMap::new(), late_ms: 500, growth_mb: 24, slowness: 1 }
    }

    /// The same, in which `fault` befalls so many answers of a thousand.
    pub fn with(mut self, fault: BbFault, per_mille: u32) -> Self {
        self.per_mille.insert(fault, per_mille);
        self
    }

    /// What befalls the answer that drew this number, below a thousand.
    pub(super) fn befalls(&self, drawn: u32) -> Option<BbFault> {
        let mut bound = 0;
        self.per_mille.iter().find_map(|(fault, share)| {
            bound += share;
            (drawn < bound).then_some(*fault)
        })
    }

    /// Reads the plan beside a program.
    pub(super) fn load(program: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(beside(program, ".faults.json"))?)?)
    }

    /// Writes the plan beside a program. Who reads meanwhile reads the old one or the new one.
    pub(super) fn save(&self, program: &Path) -> io::Result<()> {
        let unfinished = beside(program, ".faults.json.new");
        fs::write(&unfinished, serde_json::to_vec_pretty(self)?)?;
        fs::rename(unfinished, beside(program, ".faults.json"))
    }
}

/// `program` with more at the end of its name.
pub(super) fn beside(program: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(program);
    path.push(ending);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_gets_its_share_of_a_thousand_draws() {
        let plan = BbPlan::new("bb", 0).with(BbFault::Noise, 30).with(BbFault::Exit, 7);
        let befallen = |fault| (0..1000).filter(|drawn| plan.befalls(*drawn) == Some(fault)).count();
        assert_eq!((befallen(BbFault::Noise), befallen(BbFault::Exit), befallen(BbFault::Late)), (30, 7, 0));
    }

    #[test]
    fn a_plan_survives_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let plan = BbFault::ALL.into_iter().fold(BbPlan::new("/bb", 3), |plan, fault| plan.with(fault, 9));
        plan.save(&dir.path().join("bb")).unwrap();
        assert_eq!(BbPlan::load(&dir.path().join("bb")).unwrap(), plan);
    }
}
