//! What a deployment is told.

use std::path::PathBuf;

use solana_address::Address;
use veilpass_chain::{KeyFileError, SigningKey};

use super::{Cluster, ProgramName, rpc::Rpc};

/// `veilpass program deploy`
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "An interrupted deployment goes on where it was when the same command is run again.")]
pub struct Options {
    #[command(flatten)]
    pub(super) chain: ChainOptions,
    #[command(flatten)]
    pub(super) keys: KeyOptions,
    #[command(flatten)]
    pub(super) address: AddressOptions,
    /// The program.
    #[arg(long, value_enum, default_value = "veilpass")]
    pub(super) program: ProgramName,
    /// Deploy this file, not the committed one.
    #[arg(long, value_name = "FILE")]
    pub(super) so: Option<PathBuf>,
    /// Give the upgrade authority up at the end: nobody can ever change or close the program then. Asks for it.
    #[arg(long = "final")]
    pub(super) finalize: bool,
    /// Say what would be done, simulate the first transaction, and send nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask, not even about --final.
    #[arg(long)]
    pub(super) yes: bool,
    /// One JSON object on standard output; the rest goes to standard error.
    #[arg(long)]
    pub(super) json: bool,
}

/// `veilpass program close-buffer`
#[derive(clap::Args, Clone, Debug)]
pub struct CloseOptions {
    #[command(flatten)]
    pub(super) chain: ChainOptions,
    #[command(flatten)]
    pub(super) keys: KeyOptions,
    #[command(flatten)]
    pub(super) address: BufferOptions,
}

#[derive(clap::Args, Clone, Debug)]
pub(super) struct ChainOptions {
    /// The cluster. The RPC must serve it, by its genesis hash.
    #[arg(long, value_enum, default_value = "localnet")]
    pub(super) cluster: Cluster,
    /// URL of an RPC of the cluster. Default for localnet: port 8899 of this machine.
    #[arg(long, env = "VEILPASS_RPC_URL", hide_env_values = true, value_name = "URL")]
    rpc: Option<String>,
}

/// Keys are files as solana-keygen writes them, of mode 0600.
#[derive(clap::Args, Clone, Debug)]
pub(super) struct KeyOptions {
    /// Key that pays for everything, and gets what comes back.
    #[arg(long, env = "VEILPASS_FEE_PAYER_FILE", value_name = "FILE")]
    fee_payer: PathBuf,
    /// Key that may upgrade the program. Default: the fee payer's.
    #[arg(long, value_name = "FILE")]
    upgrade_authority: Option<PathBuf>,
    /// The most to offer for a compute unit, in millionths of a lamport.
    #[arg(long, default_value = "200000", value_name = "MICRO_LAMPORTS")]
    pub(super) max_price: u64,
}

/// Which program.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct AddressOptions {
    /// Key of the program's address.
    #[arg(long, value_name = "FILE")]
    program_keypair: Option<PathBuf>,
    /// The program's address, if it is there already: an upgrade does not need its key.
    #[arg(long, value_name = "ADDRESS")]
    program_id: Option<Address>,
}

/// Which buffer.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub(super) struct BufferOptions {
    /// What interrupted deployments of this program left, if they began on this machine.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) program_id: Option<Address>,
    /// The buffer's address.
    #[arg(long, value_name = "ADDRESS")]
    pub(super) buffer: Option<Address>,
}

impl ChainOptions {
    /// An RPC that serves the cluster, and the cluster's genesis hash.
    pub(super) async fn connect(&self) -> anyhow::Result<(Rpc, String)> {
        let rpc = Rpc::new(self.cluster.rpc(self.rpc.as_deref())?);
        let genesis_hash = rpc.genesis_hash().await?;
        self.cluster.check(&genesis_hash)?;
        Ok((rpc, genesis_hash))
    }
}

impl KeyOptions {
    /// The fee payer's key and the upgrade authority's.
    pub(super) fn read(&self) -> Result<(SigningKey, SigningKey), KeyFileError> {
        let authority = self.upgrade_authority.as_ref().unwrap_or(&self.fee_payer);
        Ok((SigningKey::read(&self.fee_payer)?, SigningKey::read(authority)?))
    }
}

impl AddressOptions {
    /// The program's address, and its key if it was given.
    pub(super) fn read(&self) -> anyhow::Result<(Address, Option<SigningKey>)> {
        match (&self.program_keypair, self.program_id) {
            (Some(file), _) => {
                let key = SigningKey::read(file)?;
                Ok((key.address(), Some(key)))
            }
            (None, Some(address)) => Ok((address, None)),
            (None, None) => anyhow::bail!("give --program-keypair, or --program-id of a program that is there"),
        }
    }
}
