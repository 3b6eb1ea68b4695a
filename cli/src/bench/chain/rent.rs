//! The money that a verification locks and gives back, and the end of its nullifier.

use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{Format, close_nullifier, nullifier_address, registry_address, verify_ownership};
use veilpass_svm::{Deployment, ProofMaker};

use super::{Figure, refused};

/// What a transaction of one signature costs, without a priority.
const FEE: u64 = 5_000;

/// Verifies one proof more, and closes its nullifier when its time is over.
pub(super) fn measure(
    deployment: &mut Deployment,
    maker: &mut ProofMaker,
    owner: &Keypair,
    figures: &mut Vec<Figure>,
) -> anyhow::Result<()> {
    let tomorrow = deployment.runtime.time() + 86_400;
    deployment.runtime.set_time(tomorrow);
    let submission = maker.submission(0, deployment.registry, deployment.epoch(), 0)?;
    let balance = |deployment: &Deployment| deployment.runtime.balance(&owner.pubkey());
    let plan = deployment.upload(Format::Legacy, owner, "money", &submission).map_err(refused)?;
    let locked = deployment.runtime.balance(&plan.buffer);
    let before = balance(deployment);
    let inputs = &submission.public_inputs;
    let verify = verify_ownership(owner.pubkey(), plan.buffer, inputs, deployment.state().sequence);
    deployment.runtime.send(&[verify], &[owner]).map_err(refused)?;
    let address = nullifier_address(&registry_address(deployment.registry), inputs.nullifier);
    let held = deployment.runtime.balance(&address);
    let returned = balance(deployment) + held + FEE - before;
    let lamports = |name, value| Figure::exact(name, value, "lamports");
    figures.push(lamports("rent_locked_lamports", locked));
    figures.push(lamports("rent_returned_lamports", returned));
    figures.push(lamports("nullifier_rent_lamports", held));

    // When the next epoch and its grace are over.
    let later = deployment.runtime.time() + 2 * 86_400;
    deployment.runtime.set_time(later);
    let close = close_nullifier(owner.pubkey(), deployment.registry, inputs.nullifier);
    let before = balance(deployment);
    let closed = deployment.runtime.send(&[close], &[owner]).map_err(refused)?;
    figures.push(lamports("nullifier_rent_returned_lamports", balance(deployment) + FEE - before));
    figures.push(Figure::compute_units("close_nullifier_cu", closed.compute_units, 1));
    Ok(())
}
