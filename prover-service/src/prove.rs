//! One job, from its sealed witness to a verified proof.

use std::{sync::Arc, time::Instant};

use veilpass_protocol::hash_leaf;
use veilpass_sealing::ProverSecretKey;
use veilpass_store::{AttemptFailure, JobFailure, LeasedJob};

use crate::{
    engine::{EngineError, Proof, ProvingEngine},
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
    /// The engine failed and must be replaced; another attempt may succeed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Something around it failed; another attempt may succeed.
    #[error("{0}")]
    Transient(String),
}

impl AttemptError {
    /// The reason under which the attempt is recorded.
    pub(crate) fn reason(&self) -> AttemptFailure {
        match self {
            Self::Engine(EngineError::Worker(_)) => AttemptFailure::WorkerCrashed,
            Self::Engine(_) => AttemptFailure::WorkerCorrupt,
            Self::Refused(_) | Self::Transient(_) => AttemptFailure::Internal,
        }
    }
}

/// What all workers of a prover share.
pub(crate) struct Shared {
    pub(crate) key: ProverSecretKey,
    pub(crate) solver: Solver,
    pub(crate) trees: RegistryTrees,
}

/// Runs a job on `engine`, which comes back in any case.
pub(crate) async fn prove(
    shared: &Arc<Shared>,
    mut engine: ProvingEngine,
    job: &LeasedJob,
) -> (Option<ProvingEngine>, Result<Proved, AttemptError>) {
    let prepared = async {
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
        Ok((public_inputs, root.seq, solved))
    };
    let (public_inputs, root_seq, witness) = match prepared.await {
        Ok(prepared) => prepared,
        Err(error) => return (Some(engine), Err(error)),
    };
    let started = Instant::now();
    let outcome = tokio::task::spawn_blocking(move || {
        let proof = engine.prove(&witness, &public_inputs);
        (engine, proof)
    })
    .await;
    match outcome {
        Ok((engine, Ok(proof))) => {
            tracing::info!(job = %job.id, proof_ms = started.elapsed().as_millis() as u64, root_seq, "proved");
            (Some(engine), Ok(Proved { proof, root_seq }))
        }
        Ok((_, Err(error))) => (None, Err(error.into())),
        Err(panic) => (None, Err(AttemptError::Transient(panic.to_string()))),
    }
}
