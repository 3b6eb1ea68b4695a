//! Somebody who deploys: a chain, keys in files, and the real `veilpass`.

use std::{
    fs,
    path::PathBuf,
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState as State};
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use tokio::process::Command;
use veilpass_chain::{Format, SigningKey};
use veilpass_cli::stack::LocalChain;

/// What the fee payer has at first, in lamports.
pub(crate) const FUNDS: u64 = 1_000_000_000_000;
/// Milliseconds from slot to slot.
const SLOT_MS: u64 = 50;
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Operator {
    pub(crate) dir: tempfile::TempDir,
    chain: LocalChain,
    pub(crate) rpc: RpcClient,
    pub(crate) payer: SigningKey,
    pub(crate) program: SigningKey,
}

/// What a run of `veilpass` left.
pub(crate) struct Run {
    pub(crate) is_success: bool,
    /// The JSON of standard output, if there is any.
    pub(crate) json: Value,
    pub(crate) words: String,
}

impl Operator {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("veilpass-deploy-").tempdir().unwrap();
        let [payer, program] = ["payer.json", "program.json"].map(|name| {
            let key = SigningKey::generate();
            key.write(&dir.path().join(name)).unwrap();
            key
        });
        let binary = LocalChain::build().unwrap();
        let chain = LocalChain::start_with_slots(
            &binary,
            &[payer.address().to_string()],
            &dir.path().join("chain.log"),
            SLOT_MS,
        )
        .await
        .unwrap();
        let rpc = RpcClient::new_with_timeout(chain.rpc().to_owned(), PATIENCE);
        Self { dir, chain, rpc, payer, program }
    }

    /// A key in a file.
    pub(crate) fn key(&self, name: &str) -> SigningKey {
        let key = SigningKey::generate();
        key.write(&self.dir.path().join(name)).unwrap();
        key
    }

    /// A program in a file, and its bytes.
    pub(crate) fn file(&self, name: &str, program: Vec<u8>) -> Vec<u8> {
        fs::write(self.dir.path().join(name), &program).unwrap();
        program
    }

    /// `veilpass program ...`, in the folder of the keys, without a terminal.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_veilpass"));
        command.arg("program").args(arguments.split_whitespace()).args(["--rpc", self.chain.rpc()]);
        command.args(["--fee-payer", "payer.json"]).current_dir(self.dir.path());
        command.env("VEILPASS_CACHE", self.dir.path().join("cache")).env_remove("VEILPASS_FEE_PAYER_FILE");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    pub(crate) async fn run(&self, arguments: &str) -> Run {
        let Output { status, stdout, stderr } = self.command(arguments).output().await.unwrap();
        let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        let json = serde_json::from_str(&stdout).unwrap_or_default();
        Run { is_success: status.success(), json, words: format!("{stdout}{stderr}") }
    }

    /// Deploys, and expects that it is done.
    pub(crate) async fn deploy(&self, arguments: &str) -> Value {
        let run = self.run(&format!("deploy --yes --json {arguments}")).await;
        assert!(run.is_success, "{}", run.words);
        run.json
    }

    /// Deploys, and expects that it is refused. Returns the words.
    pub(crate) async fn refused(&self, arguments: &str) -> String {
        let run = self.run(arguments).await;
        assert!(!run.is_success, "{}", run.words);
        run.words
    }

    /// The bytes of the program on the chain and who may change them.
    pub(crate) async fn deployed(&self) -> (Vec<u8>, Option<Address>) {
        let address = self.program.address();
        assert!(self.rpc.get_account(&address).await.unwrap().executable);
        let data = self.rpc.get_account(&get_program_data_address(&address)).await.unwrap();
        let State::ProgramData { upgrade_authority_address, .. } = data.deserialize_data().unwrap() else {
            panic!("no program data")
        };
        (data.data[State::size_of_programdata_metadata()..].to_vec(), upgrade_authority_address)
    }

    /// What calling the program fails with.
    pub(crate) async fn call(&self) -> Option<TransactionError> {
        let instruction = Instruction::new_with_bytes(self.program.address(), &[], vec![]);
        let blockhash = self.rpc.get_latest_blockhash().await.unwrap();
        let message = Format::Legacy.message(&self.payer.address(), &[instruction], blockhash, 200_000).unwrap();
        let transaction = VersionedTransaction::try_new(message, &[self.payer.signer()]).unwrap();
        let simulated = self.rpc.simulate_transaction(&transaction).await.unwrap().value;
        simulated.err.map(TransactionError::from)
    }

    pub(crate) async fn balance(&self) -> u64 {
        self.rpc.get_balance(&self.payer.address()).await.unwrap()
    }

    /// Transactions that the fee payer paid for. The first of its address gave it its funds.
    pub(crate) async fn transactions(&self) -> u64 {
        self.rpc.get_signatures_for_address(&self.payer.address()).await.unwrap().len() as u64 - 1
    }

    /// Lamports that the accounts of the program hold.
    pub(crate) async fn rent(&self) -> u64 {
        let program = self.program.address();
        let data = get_program_data_address(&program);
        self.rpc.get_balance(&program).await.unwrap() + self.rpc.get_balance(&data).await.unwrap()
    }

    /// Key files of buffers that are kept.
    pub(crate) fn kept(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.dir.path().join("cache/deploy")) else { return vec![] };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")).collect()
    }

    /// Starts a deployment, and kills it when that many bytes of its buffer are written. Returns the buffer's address.
    pub(crate) async fn deploy_and_kill(&self, arguments: &str, bytes: usize) -> Address {
        let mut deployment = self.command(&format!("deploy --yes {arguments}")).spawn().unwrap();
        let buffer = loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(deployment.try_wait().unwrap().is_none(), "it ended before it was killed");
            let [path] = &self.kept()[..] else { continue };
            let Ok(key) = SigningKey::read(path) else { continue };
            let Ok(account) = self.rpc.get_account(&key.address()).await else { continue };
            let code = &account.data[State::size_of_buffer_metadata()..];
            if code.iter().filter(|byte| **byte != 0).count() >= bytes {
                break key.address();
            }
        };
        deployment.kill().await.unwrap();
        buffer
    }

    /// Whether there is nothing at this address.
    pub(crate) async fn is_gone(&self, address: &Address) -> bool {
        self.rpc.get_balance(address).await.unwrap() == 0
    }
}

/// The address of a keypair that signs nothing here.
pub(crate) fn somebody() -> Address {
    Keypair::new().pubkey()
}
