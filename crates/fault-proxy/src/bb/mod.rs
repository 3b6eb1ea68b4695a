//! A `bb` that fails on demand: a program that stands where `bb` stands, runs the real one, and distorts its answers.
//!
//! ```no_run
//! # fn example() -> std::io::Result<()> {
//! use std::path::Path;
//!
//! use veilpass_fault_proxy::bb::{BbFault, BbPlan, FaultyBb};
//!
//! let plan = BbPlan::new("/usr/local/bin/bb", 7);
//! let faulty = FaultyBb::install(Path::new("/tmp/test"), Path::new("target/release/veilpass-faulty-bb"), &plan)?;
//! // The prover under test is given faulty.path() as its bb.
//! faulty.set(&plan.clone().with(BbFault::Noise, 50))?; // every twentieth answer is noise
//! faulty.set(&plan)?; // none is
//! # Ok(()) }
//! ```
//!
//! Arguments other than `msgpack run` go to the real `bb` as they are, so that its version is the real one's. A prover gives
//! its workers no environment of ours, so everything is told in files beside the program: the [`BbPlan`] in
//! `<program>.faults.json`, read anew for every answer, and what befell whom in `<program>.log`. The real `bb` runs under the
//! name `<program>.real` and dies with the program before it; that one ends when the real `bb` or its own reader is gone.

mod answer;
mod frames;
mod journal;
mod plan;
mod shim;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

pub use plan::{BbFault, BbPlan};
pub use shim::run;

/// A faulty `bb` in a folder of its own, and its switches.
#[derive(Clone, Debug)]
pub struct FaultyBb {
    path: PathBuf,
}

impl FaultyBb {
    /// Makes `dir/bb` a link to the program `veilpass-faulty-bb`, with a plan.
    pub fn install(dir: &Path, program: &Path, plan: &BbPlan) -> io::Result<Self> {
        let faulty = Self { path: dir.join("bb") };
        faulty.set(plan)?;
        std::os::unix::fs::symlink(program, &faulty.path)?;
        Ok(faulty)
    }

    /// What to run in place of `bb`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Changes what befalls answers from now on.
    pub fn set(&self, plan: &BbPlan) -> io::Result<()> {
        plan.save(&self.path)
    }

    /// How often each fault befell an answer so far, whichever process made it.
    pub fn befell(&self) -> BTreeMap<BbFault, usize> {
        journal::count(&self.path)
    }
}
