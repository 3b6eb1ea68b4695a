//! One job, from its sealed witness to a verified proof.

use std::sync::Arc;

use veilpass_protocol::hash_leaf;
use veilpass_store::{AttemptFailure, JobFailure, JobStage, LeasedJob, TreeLogError};

use crate::{
    engine::{EngineError, Proof},
    key_ring::HeldKey,
    pool::PinnedWorker,
    solver::{OwnershipInputs, SolveError, Solver},
    stages::Stages,
    trees::{RegistryTrees, TreeSyncError},
};

/// A job's proof and the root that it was made under.
pub(crate) struct Proved {
    pub(crate) proof: Proof,
    pub(crate) root_seq: u64,
}

/// Why an attempt ended without a proof.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    /// The job can never succeed.
    #[error("{0}")]
    Refused(JobFailure),
    /// The worker failed, and is replaced; another attempt may succeed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The database failed; another attempt may succeed.
    #[error("{0}")]
    Database(TreeSyncError),
    /// Something around it failed; another attempt may succeed.
    #[error("{0}")]
    Transient(String),
}

impl AttemptError {
    /// The reason under which the attempt is recorded.
    pub(crate) fn reason(&self) -> AttemptFailure {
        match self {
            Self::Engine(EngineError::Hung) => AttemptFailure::WorkerHung,
            Self::Engine(EngineError::OutOfMemory) => AttemptFailure::WorkerMemory,
            Self::Engine(EngineError::Gone(_) | EngineError::Start(_)) => AttemptFailure::WorkerCrashed,
            Self::Engine(_) => AttemptFailure::WorkerCorrupt,
            Self::Database(_) => AttemptFailure::Database,
            Self::Refused(_) | Self::Transient(_) => AttemptFailure::Internal,
        }
    }
}

/// What all workers of a prover share.
pub(crate) struct Shared {
    pub(crate) solver: Solver,
    pub(crate) trees: RegistryTrees,
    pub(crate) stages: Arc<Stages>,
}

/// Makes a job's proof on `worker`, which goes back to its slot in any case. `key` is what the witness is sealed to.
pub(crate) async fn prove(
    shared: &Shared,
    worker: PinnedWorker,
    job: &LeasedJob,
    key: &HeldKey,
) -> Result<Proved, AttemptError> {
    let reached = |stage| shared.stages.reached(job.id, job.attempts, stage);
    reached(JobStage::Leased);
    let refuse = |failure| move |_| AttemptError::Refused(failure);
    let witness = veilpass_sealing::open(key.secret(), &job.statement, &job.sealed_witness)
        .map_err(refuse(JobFailure::SealedWitnessInvalid))?;
    let leaf = hash_leaf(witness.identity_secret.commitment(), witness.token_id, job.statement.track_id);
    reached(JobStage::Path);
    let (root, path) =
        shared.trees.locate(job.statement.registry_id, Some(leaf)).await.map_err(|error| match error {
            TreeSyncError::NoRoot => AttemptError::Refused(JobFailure::NoRoot),
            error @ (TreeSyncError::Store(_) | TreeSyncError::Log(TreeLogError::Store(_))) => {
                AttemptError::Database(error)
            }
            other => AttemptError::Transient(other.to_string()),
        })?;
    let path = path.ok_or(AttemptError::Refused(JobFailure::NotAMember))?;
    let public_inputs = job.statement.under_root(root.root);
    let inputs = OwnershipInputs {
        public_inputs,
        identity_secret: &witness.identity_secret,
        token_id: witness.token_id,
        path: &path,
    };
    reached(JobStage::Witness);
    let solved = shared.solver.solve(&inputs).map_err(|error| match error {
        SolveError::Unsatisfied => AttemptError::Refused(JobFailure::WitnessUnsatisfied),
        SolveError::Internal => AttemptError::Transient(error.to_string()),
    })?;
    reached(JobStage::Proving);
    let (stages, id, attempts) = (Arc::clone(&shared.stages), job.id, job.attempts);
    let verifying = move || stages.reached(id, attempts, JobStage::Verifying);
    let proof = worker.prove_telling(solved, public_inputs, verifying).await?;
    Ok(Proved { proof, root_seq: root.seq })
}
