//! What verifications take: every proof gives one value of each kind, the figures are their medians.

use anyhow::ensure;
use solana_keypair::Keypair;
use veilpass_chain::ProofSubmission;
use veilpass_svm::Deployment;

use super::phases::{PHASES, Spent, until_refusal};
use super::routines::{self, multiplications};
use super::{Figure, refused};

/// Values of one kind over the proofs.
#[derive(Default)]
pub(super) struct Values(Vec<u64>);

impl Values {
    pub(super) fn minimum(&self) -> u64 {
        self.0.iter().copied().min().unwrap_or_default()
    }

    pub(super) fn maximum(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or_default()
    }

    fn median(&self) -> u64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
    }
}

/// What was measured of each proof.
#[derive(Default)]
pub(super) struct Verifications {
    /// Compute units in all.
    pub(super) total: Values,
    /// Compute units of the program around the proof.
    program: Values,
    /// Compute units of each phase.
    phases: [Values; PHASES.len() - 1],
    /// Multiplications of each phase.
    multiplications: [Values; PHASES.len() - 1],
    /// Calls of each routine.
    routines: [Values; routines::NAMES.len()],
}

impl Verifications {
    /// Has a proof refused at the end of each phase, then accepted.
    pub(super) fn sample(
        &mut self,
        deployment: &mut Deployment,
        owner: &Keypair,
        submission: &ProofSubmission,
    ) -> anyhow::Result<()> {
        for (values, calls) in self.routines.iter_mut().zip(routines::calls(submission)?) {
            values.0.push(calls);
        }
        let mut spent = [Spent::default(); PHASES.len()];
        for (phase, spent) in PHASES.iter().zip(&mut spent) {
            *spent = until_refusal(deployment, owner, submission, phase)?;
        }
        let accepted = deployment.verify(owner, submission).map_err(refused)?.compute_units;
        self.total.0.push(accepted);
        self.program.0.push(accepted - (spent[PHASES.len() - 1].compute_units - spent[0].compute_units));
        for (place, pair) in spent.windows(2).enumerate() {
            ensure!(pair[0].compute_units < pair[1].compute_units, "{} costs nothing", PHASES[place + 1].name);
            self.phases[place].0.push(pair[1].compute_units - pair[0].compute_units);
            self.multiplications[place].0.push(pair[1].multiplications - pair[0].multiplications);
        }
        Ok(())
    }

    /// Compute units: in all, around the proof, by phase.
    pub(super) fn compute_units(&self) -> Vec<Figure> {
        let mut figures = vec![
            Figure::compute_units("verify_cu_total", self.total.median(), 1),
            Figure::compute_units("verify_cu_program", self.program.median(), 10),
        ];
        let phases = PHASES[1..].iter().zip(&self.phases);
        figures.extend(phases.map(|(phase, values)| Figure::compute_units(phase.name, values.median(), 2)));
        figures
    }

    /// Multiplications in all and by phase, and calls of the routines.
    pub(super) fn field_operations(&self) -> Vec<Figure> {
        let calls = self.routines.each_ref().map(Values::median);
        let exact = |name, value| Figure::exact(name, value, "multiplications");
        let mut figures = vec![exact("field_multiplications", multiplications(&calls))];
        let phases = PHASES[1..].iter().zip(&self.multiplications).filter(|(_, values)| values.median() > 0);
        figures.extend(phases.map(|(phase, values)| exact(phase.multiplications, values.median())));
        figures.extend(routines::NAMES.iter().zip(calls).map(|(name, calls)| Figure::exact(name, calls, "calls")));
        figures
    }
}
