//! What it takes to send a proof.

use anyhow::Context;
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_chain::{BUFFER_BYTES, Format, ProofSubmission, UploadPlan, buffer_space, close_proof_buffer};
use veilpass_svm::Deployment;

use super::{Figure, refused};

/// The upload of a proof, in both formats, and what its parts cost.
pub(super) fn measure(
    deployment: &mut Deployment,
    owner: &Keypair,
    submission: &ProofSubmission,
    figures: &mut Vec<Figure>,
) -> anyhow::Result<()> {
    let rent = deployment.runtime.rent(buffer_space());
    let exact = |name, value: usize, unit| Figure::exact(name, value as u64, unit);
    let cu = |name, value| Figure::compute_units(name, value, 1);
    figures.push(exact("upload_bytes", BUFFER_BYTES, "bytes"));
    for (format, names) in [
        (Format::Legacy, ["upload_transactions_legacy", "upload_wire_bytes_legacy", "upload_cu_total_legacy"]),
        (Format::V1, ["upload_transactions_v1", "upload_wire_bytes_v1", "upload_cu_total_v1"]),
    ] {
        let plan = UploadPlan::new(format, &owner.pubkey(), "measured", submission, rent);
        let mut compute_units = vec![];
        for instructions in &plan.transactions {
            let landed = deployment.runtime.send_as(format, instructions, &[owner]).map_err(refused)?;
            compute_units.push(landed.compute_units);
        }
        figures.push(exact(names[0], plan.transactions.len(), "transactions"));
        // A byte more or less from run to run.
        let bytes = plan.bytes.iter().sum::<usize>() as u64;
        figures.push(Figure { name: names[1], value: bytes, unit: "bytes", tolerance: 1 });
        figures.push(cu(names[2], compute_units.iter().sum()));
        let close = close_proof_buffer(owner.pubkey(), plan.buffer);
        let closed = deployment.runtime.send(&[close], &[owner]).map_err(refused)?.compute_units;
        if format == Format::Legacy {
            // The second transaction is one full write.
            let written = compute_units.get(1).copied().context("more than one transaction")?;
            figures.extend([cu("write_proof_buffer_cu", written), cu("close_proof_buffer_cu", closed)]);
        }
    }
    let mut plan = UploadPlan::new(Format::Legacy, &owner.pubkey(), "opened", submission, rent);
    let open = plan.transactions.first_mut().context("a transaction")?;
    open.pop();
    let opened = deployment.runtime.send(open, &[owner]).map_err(refused)?.compute_units;
    figures.push(cu("open_proof_buffer_cu", opened));
    deployment.runtime.send(&[close_proof_buffer(owner.pubkey(), plan.buffer)], &[owner]).map_err(refused)?;
    Ok(())
}
