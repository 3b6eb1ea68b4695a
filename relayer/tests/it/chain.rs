//! A local chain for one test.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_rpc_client::{
    api::request::RpcRequest, nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config,
};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use veilpass_chain::{Event, Format, PROGRAM_ID, buffer_space};
use veilpass_circuit::workspace_root;

/// Milliseconds from slot to slot, if a test does not care.
pub(crate) const SLOT_MS: u64 = 50;

/// The chain, which ends with this value.
pub(crate) struct LocalChain {
    process: Child,
    pub(crate) url: String,
    pub(crate) rpc: RpcClient,
}

impl Drop for LocalChain {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("VEILPASS_LOCAL_CHAIN") {
        return path.into();
    }
    let home = PathBuf::from(std::env::var_os("HOME").unwrap());
    home.join(".cache/veilpass/target-local-chain/release/veilpass-local-chain")
}

impl LocalChain {
    /// Starts a chain with the committed program, on which these have money.
    pub(crate) fn start(funded: &[Address], slot_ms: u64) -> Self {
        let binary = binary();
        assert!(
            binary.is_file(),
            "no local chain at {}: build it with `cd local-chain && \
             CARGO_TARGET_DIR=~/.cache/veilpass/target-local-chain cargo build --release`, \
             or set VEILPASS_LOCAL_CHAIN to the binary",
            binary.display()
        );
        let program = workspace_root().join("programs/veilpass/veilpass.so");
        let mut command = Command::new(binary);
        command.arg("--program").arg(format!("{PROGRAM_ID}={}", program.display()));
        command.args(["--slot-ms", &slot_ms.to_string()]);
        funded.iter().for_each(|address| {
            command.arg("--fund").arg(address.to_string());
        });
        let log = tempfile::NamedTempFile::new().unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log.reopen().unwrap());
        // It chooses ports that are free, and another chain may take one before it does.
        for _ in 0..5 {
            let mut process = command.spawn().unwrap();
            let mut line = String::new();
            BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
            if let Ok(answer) = serde_json::from_str::<Value>(&line) {
                let url = answer["rpc"].as_str().unwrap().to_owned();
                let rpc = RpcClient::new_with_timeout(url.clone(), Duration::from_secs(10));
                return Self { process, url, rpc };
            }
            process.wait().unwrap();
        }
        panic!("the local chain does not start: {}", std::fs::read_to_string(log.path()).unwrap());
    }

    /// Sends instructions of an operator and waits until they are confirmed.
    pub(crate) async fn send(&self, key: &Keypair, instructions: &[Instruction]) {
        let blockhash = self.rpc.get_latest_blockhash().await.unwrap();
        let message = Format::Legacy.message(&key.pubkey(), instructions, blockhash, 1_400_000).unwrap();
        let transaction = VersionedTransaction::try_new(message, &[key]).unwrap();
        let signature = self.rpc.send_transaction(&transaction).await.unwrap();
        for _ in 0..200 {
            if let Some(status) = &self.rpc.get_signature_statuses(&[signature]).await.unwrap().value[0] {
                assert_eq!(status.err, None);
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{signature} does not land");
    }

    /// Asks for something that the client does not know.
    pub(crate) async fn ask(&self, method: &'static str, params: Value) -> Value {
        self.rpc.send(RpcRequest::Custom { method }, params).await.unwrap()
    }

    /// The transactions that named an address and succeeded.
    pub(crate) async fn transactions(&self, address: &Address) -> usize {
        self.signatures(address).await.len()
    }

    /// The signatures of those, the newest first.
    pub(crate) async fn signatures(&self, address: &Address) -> Vec<String> {
        let (mut all, mut before) = (vec![], None);
        loop {
            let config = GetConfirmedSignaturesForAddress2Config { before, limit: Some(500), ..Default::default() };
            let page = self.rpc.get_signatures_for_address_with_config(address, config).await.unwrap();
            let Some(last) = page.last() else { return all };
            before = Some(last.signature.parse().unwrap());
            all.extend(page.into_iter().filter(|one| one.err.is_none()).map(|one| one.signature));
        }
    }

    /// A transaction with its metadata.
    pub(crate) async fn transaction(&self, signature: &str) -> Value {
        let config = json!({"encoding": "json", "commitment": "confirmed", "maxSupportedTransactionVersion": 1});
        self.ask("getTransaction", json!([signature, config])).await
    }

    /// The events of the program in a transaction.
    pub(crate) async fn events(&self, signature: &str) -> Vec<Event> {
        let transaction = self.transaction(signature).await;
        let mut events = vec![];
        for inner in transaction["meta"]["innerInstructions"].as_array().unwrap() {
            for instruction in inner["instructions"].as_array().unwrap() {
                let data = bs58::decode(instruction["data"].as_str().unwrap()).into_vec().unwrap();
                events.extend(Event::from_instruction_data(&data));
            }
        }
        events
    }

    /// How many proof buffers there are, whoever owns them.
    pub(crate) async fn proof_buffers(&self) -> usize {
        let config =
            json!({"encoding": "base64", "commitment": "confirmed", "filters": [{"dataSize": buffer_space()}]});
        self.ask("getProgramAccounts", json!([PROGRAM_ID.to_string(), config])).await.as_array().unwrap().len()
    }

    /// Sets the chain's clock forward.
    pub(crate) async fn travel(&self, to_unix_seconds: u64) {
        self.ask("surfnet_timeTravel", json!([{"absoluteTimestamp": to_unix_seconds * 1_000}])).await;
    }

    /// An account of the program.
    pub(crate) async fn read<T: veilpass_chain::AccountData>(&self, address: &Address) -> Option<T> {
        veilpass_chain::read_account(&self.rpc.get_account(address).await.ok()?.data)
    }
}
