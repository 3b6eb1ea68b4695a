//! One job, from its sealed witness to a verified proof.

use veilpass_protocol::hash_leaf;
use veilpass_sealing::ProverSecretKey;
use veilpass_store::{JobFailure, LeasedJob};

use crate::{
    engine::{EngineError, Proof},
    pool::PinnedWorker,
    solver::{OwnershipInputs, SolveError, Solver},
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
    /// Something around it failed; another attempt may succeed.
    #[error("{0}")]
    Transient(String),
}

/// What all workers of a prover share.
pub(crate) struct Shared {
    pub(crate) key: ProverSecretKey,
    pub(crate) solver: Solver,
    pub(crate) trees: RegistryTrees,
}

/// Makes a job's proof on `worker`, which goes back to its slot in any case.
pub(crate) async fn prove(shared: &Shared, worker: PinnedWorker, job: &LeasedJob) -> Result<Proved, AttemptError> {
    let refuse = |failure| move |_| AttemptError::Refused(failure);
    let witness = veilpass_sealing::open(&shared.key, &job.statement, &job.sealed_witness)
        .map_err(refuse(JobFailure::SealedWitnessInvalid))?;
    let leaf = hash_leaf(witness.identity_secret.commitment(), witness.token_id, job.statement.track_id);
    let (root, path) =
        shared.trees.locate(job.statement.registry_id, Some(leaf)).await.map_err(|error| match error {
            TreeSyncError::NoRoot => AttemptError::Refused(JobFailure::NoRoot),
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
    let solved = shared.solver.solve(&inputs).map_err(|error| match error {
        SolveError::Unsatisfied => AttemptError::Refused(JobFailure::WitnessUnsatisfied),
        SolveError::Internal => AttemptError::Transient(error.to_string()),
    })?;
    let proof = worker.prove(solved, public_inputs).await?;
    Ok(Proved { proof, root_seq: root.seq })
}
