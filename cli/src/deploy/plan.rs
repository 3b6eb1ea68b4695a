//! What a deployment would do, and what it would cost.

use anyhow::{Context, bail, ensure};
use serde::Serialize;
use solana_address::Address;
use solana_loader_v3_interface::{instruction::MINIMUM_EXTEND_PROGRAM_BYTES, state::UpgradeableLoaderState as State};

use super::{
    Cluster,
    chain_state::{Buffer, Deployed},
    costs::Lamports,
    found::Found,
    send::{Sender, Step},
    steps::Job,
};

/// Bytes of the largest account.
const MOST_ACCOUNT_BYTES: usize = 10 << 20;

/// What becomes of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    /// It is made.
    Deploy,
    /// It is replaced.
    Upgrade,
    /// It is there already, byte for byte.
    Nothing,
}

/// What becomes of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BufferAction {
    /// It is not needed.
    None,
    /// It is made.
    Create,
    /// An interrupted deployment left it: what is missing is written.
    Resume,
}

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Plan {
    pub(super) cluster: Cluster,
    pub(super) program: &'static str,
    pub(super) file: String,
    pub(super) program_id: String,
    pub(super) program_data: String,
    pub(super) bytes: usize,
    pub(super) sha256: String,
    pub(super) fee_payer: String,
    pub(super) upgrade_authority: String,
    pub(super) action: Action,
    /// Bytes by which the account of the program's data is extended.
    pub(super) extend_by: u32,
    pub(super) buffer: String,
    pub(super) buffer_action: BufferAction,
    /// Buffers that interrupted deployments of other contents left, and that are closed.
    #[serde(serialize_with = "names")]
    pub(super) closes: Vec<Address>,
    /// Give the upgrade authority up.
    pub(super) finalize: bool,
    /// Of them, those that write to the buffer.
    pub(super) writes: usize,
    pub(super) transactions: usize,
    pub(super) lamports: Lamports,
    pub(super) warnings: Vec<String>,
}

impl Plan {
    /// Decides what is to be done. What can not be done is an error.
    pub(super) async fn make(
        sender: &Sender<'_>,
        job: &Job<'_>,
        found: &Found,
        cluster: Cluster,
        finalize: bool,
        mut warnings: Vec<String>,
    ) -> anyhow::Result<Self> {
        let finalize = finalize && !found.program.as_ref().is_some_and(|program| program.is_final(&job.file.bytes));
        let action = action(job, found.program.as_ref(), finalize)?;
        let is_ours = |buffer: &Buffer| action != Action::Nothing && buffer.authority == Some(job.authority.address());
        let (closes, others): (Vec<_>, Vec<_>) = found.left.iter().partition(|(_, buffer)| is_ours(buffer));
        let closes: Vec<Address> = closes.into_iter().map(|(address, _)| *address).collect();
        warnings.extend(others.into_iter().map(|(address, buffer)| {
            let lamports = buffer.lamports;
            format!(
                "an interrupted deployment left {lamports} lamports in the buffer {address}: get them back by \
                 ./veilpass program close-buffer --buffer {address}"
            )
        }));
        let buffer_action = buffer_action(job, action, found.buffer.as_ref())?;
        let extend_by = match &found.program {
            Some(program) if action == Action::Upgrade => extension(job.file.bytes.len(), program.code.len())?,
            _ => 0,
        };
        let writes = match (buffer_action, &found.buffer) {
            (BufferAction::None, _) => 0,
            (BufferAction::Resume, Some(buffer)) => job.missing(Some(&buffer.code), job.part_bytes(sender)?).len(),
            _ => job.missing(None, job.part_bytes(sender)?).len(),
        };
        let steps = [action != Action::Nothing, buffer_action == BufferAction::Create, extend_by > 0, finalize];
        let others = closes.len() + steps.into_iter().filter(|step| *step).count();
        let mut plan = Self {
            cluster,
            program: job.file.name,
            file: job.file.path.display().to_string(),
            program_id: job.address.to_string(),
            program_data: solana_loader_v3_interface::get_program_data_address(&job.address).to_string(),
            bytes: job.file.bytes.len(),
            sha256: job.file.sha256.clone(),
            fee_payer: job.payer.address().to_string(),
            upgrade_authority: job.authority.address().to_string(),
            action,
            extend_by,
            buffer: job.buffer.address().to_string(),
            buffer_action,
            closes,
            finalize,
            writes,
            transactions: writes + others,
            lamports: Lamports::default(),
            warnings,
        };
        plan.lamports = Lamports::of(&plan, sender, job, found).await?;
        Ok(plan)
    }

    /// The transaction that would be sent first, if any.
    pub(super) fn first<'a>(
        &self,
        job: &Job<'a>,
        sender: &Sender<'_>,
        found: &Found,
    ) -> anyhow::Result<Option<Step<'a>>> {
        if let Some(buffer) = self.closes.first() {
            return Ok(Some(job.close(*buffer)));
        }
        Ok(Some(match (self.extend_by, self.buffer_action) {
            (1.., _) => job.extend(self.extend_by),
            (_, BufferAction::Create) => job.create(self.lamports.buffer_rent)?,
            (_, BufferAction::Resume) => {
                let written = found.buffer.as_ref().map(|buffer| buffer.code.as_slice());
                match (job.missing(written, job.part_bytes(sender)?).first(), self.action) {
                    (Some(part), _) => job.write(part.clone())?,
                    (None, Action::Deploy) => job.deploy(self.lamports.program_rent)?,
                    (None, _) => job.upgrade(),
                }
            }
            (_, BufferAction::None) if self.finalize => job.finalize(),
            (_, BufferAction::None) => return Ok(None),
        }))
    }
}

fn action(job: &Job<'_>, program: Option<&Deployed>, finalize: bool) -> anyhow::Result<Action> {
    let Some(program) = program else {
        job.program_key.context(
            "there is no program at this address yet: to make one, its key is needed; give --program-keypair",
        )?;
        return Ok(Action::Deploy);
    };
    let is_same = program.is(&job.file.bytes);
    if is_same && !finalize {
        return Ok(Action::Nothing);
    }
    let Some(authority) = program.authority else {
        bail!("the program {} is final: nobody can change it; deploy under another key", job.address)
    };
    ensure!(
        authority == job.authority.address(),
        "the upgrade authority of {} is {authority}, not {}: give its key with --upgrade-authority",
        job.address,
        job.authority.address()
    );
    Ok(if is_same { Action::Nothing } else { Action::Upgrade })
}

fn buffer_action(job: &Job<'_>, action: Action, buffer: Option<&Buffer>) -> anyhow::Result<BufferAction> {
    if action == Action::Nothing {
        return Ok(BufferAction::None);
    }
    let Some(buffer) = buffer else { return Ok(BufferAction::Create) };
    ensure!(
        buffer.authority == Some(job.authority.address()),
        "the buffer {} that an interrupted deployment left was made by another upgrade authority ({}): give its key with \
         --upgrade-authority, or close the buffer with it first",
        job.buffer.address(),
        buffer.authority.map_or_else(|| "nobody".to_owned(), |authority| authority.to_string())
    );
    Ok(BufferAction::Resume)
}

fn names<S: serde::Serializer>(addresses: &[Address], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(addresses.iter().map(Address::to_string))
}

/// Bytes by which the room for a program is to grow. A cluster takes no smaller step than 10 KiB (SIMD-0431).
fn extension(wanted: usize, room: usize) -> anyhow::Result<u32> {
    let most = MOST_ACCOUNT_BYTES - State::size_of_programdata_metadata();
    ensure!(wanted <= most, "a program has at most {most} bytes, this one has {wanted}");
    let missing = wanted.saturating_sub(room);
    let step = if missing == 0 { 0 } else { missing.max(MINIMUM_EXTEND_PROGRAM_BYTES as usize).min(most - room) };
    Ok(u32::try_from(step)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_grows_by_what_is_missing_in_steps_that_a_cluster_takes() {
        let most = MOST_ACCOUNT_BYTES - 45;
        assert_eq!(extension(100, 100).unwrap(), 0);
        assert_eq!(extension(50, 100).unwrap(), 0);
        assert_eq!(extension(101, 100).unwrap(), 10_240);
        assert_eq!(extension(20_000, 100).unwrap(), 19_900);
        assert_eq!(extension(most, most - 5).unwrap(), 5, "all that is left");
        assert!(extension(most + 1, 0).is_err());
    }
}
