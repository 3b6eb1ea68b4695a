//! What the chain holds already: the program, and the buffer of a deployment that did not end.

use anyhow::{Context, bail};
use solana_account::Account;
use solana_address::Address;
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState as State};

use super::rpc::Rpc;

/// Address of the upgradeable loader (loader v3).
pub(super) const LOADER: Address = Address::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
const SYSTEM: Address = Address::new_from_array([0; 32]);

/// A program on the chain.
#[derive(Debug)]
pub(super) struct Deployed {
    /// Who may upgrade it; nobody, if it is final.
    pub(super) authority: Option<Address>,
    /// The room for its bytes, filled up with zeros.
    pub(super) code: Vec<u8>,
    /// Lamports of the account that holds them.
    pub(super) lamports: u64,
    /// Whether the chain would run it.
    pub(super) is_executable: bool,
}

impl Deployed {
    /// Reads it, or `None` if there is nothing yet. What could never be deployed to is an error.
    pub(super) async fn read(rpc: &Rpc, address: &Address) -> anyhow::Result<Option<Self>> {
        let Some(program) = rpc.account(address).await? else { return Ok(None) };
        if program.owner == SYSTEM {
            bail!(
                "{address} holds {} lamports, so that no program can be made there: empty it, or take another key",
                program.lamports
            );
        }
        if program.owner != LOADER {
            bail!(
                "{address} belongs to {}, not to the upgradeable loader (loader v3): take another key",
                program.owner
            );
        }
        let data_address = get_program_data_address(address);
        match state(&program).with_context(|| format!("the account {address}"))? {
            State::Program { programdata_address } if programdata_address == data_address => {}
            _ => bail!("{address} is of the upgradeable loader, but no program: take another key"),
        }
        let Some(data) = rpc.account(&data_address).await? else {
            bail!("the program {address} was closed: its address can never be used again, take another key")
        };
        let State::ProgramData { upgrade_authority_address, .. } =
            state(&data).with_context(|| format!("the account {data_address}"))?
        else {
            bail!("the program {address} was closed: its address can never be used again, take another key")
        };
        let code = data.data.get(State::size_of_programdata_metadata()..).unwrap_or_default().to_vec();
        Ok(Some(Self {
            authority: upgrade_authority_address,
            code,
            lamports: data.lamports,
            is_executable: program.executable,
        }))
    }

    /// Whether it is this program, and nobody can change it.
    pub(super) fn is_final(&self, program: &[u8]) -> bool {
        self.authority.is_none() && self.is(program)
    }

    /// Whether it is this program, byte for byte, and nothing else.
    pub(super) fn is(&self, program: &[u8]) -> bool {
        self.code.strip_prefix(program).is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
    }
}

/// An account that a program is written into before it is deployed.
#[derive(Debug, Clone)]
pub(super) struct Buffer {
    /// Who may write; nobody, if it can never be changed.
    pub(super) authority: Option<Address>,
    pub(super) code: Vec<u8>,
    pub(super) lamports: u64,
}

impl Buffer {
    /// Reads it, or `None` if there is none.
    pub(super) async fn read(rpc: &Rpc, address: &Address) -> anyhow::Result<Option<Self>> {
        let Some(account) = rpc.account(address).await? else { return Ok(None) };
        let authority = match state(&account) {
            Ok(State::Buffer { authority_address }) if account.owner == LOADER => authority_address,
            _ => bail!("{address} is no buffer of the upgradeable loader"),
        };
        let code = account.data.get(State::size_of_buffer_metadata()..).unwrap_or_default().to_vec();
        Ok(Some(Self { authority, code, lamports: account.lamports }))
    }
}

fn state(account: &Account) -> anyhow::Result<State> {
    account.deserialize_data().context("it does not hold what the upgradeable loader writes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_program_is_that_and_zeros_only() {
        let deployed =
            |code: &[u8]| Deployed { authority: None, code: code.to_vec(), lamports: 0, is_executable: true };
        assert!(deployed(b"program").is(b"program") && deployed(b"program\0\0").is(b"program"));
        assert!(!deployed(b"program\0x").is(b"program"), "something comes after it");
        assert!(!deployed(b"progra").is(b"program") && !deployed(b"Program").is(b"program"));
    }
}
