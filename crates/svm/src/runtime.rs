//! The runtime: accounts, a clock, transactions.

use anyhow::Context;
use litesvm::LiteSVM;
use solana_account::Account;
use solana_address::Address;
use solana_clock::Clock;
use solana_instruction::Instruction;
use solana_instruction_error::InstructionError;
use solana_keypair::Keypair;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use veilpass_chain::{Event, Format, PROGRAM_ID, read_account};
use veilpass_circuit::workspace_root;

/// A Solana runtime with the committed program.
pub struct Runtime {
    svm: LiteSVM,
}

/// A transaction that succeeded.
pub struct Landed {
    /// Compute units that it took.
    pub compute_units: u64,
    /// Bytes of the transaction.
    pub bytes: usize,
    /// Events of the Veilpass program, in order.
    pub events: Vec<Event>,
    /// Data of the instructions that programs called, in order.
    pub inner: Vec<Vec<u8>>,
}

/// A transaction that failed. Nothing but its fee was taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error code, if a program refused.
    pub code: Option<u32>,
    /// What the runtime says.
    pub error: TransactionError,
    /// Compute units that it took.
    pub compute_units: u64,
    /// What the programs logged.
    pub logs: Vec<String>,
}

/// When time begins, in seconds since the Unix epoch.
const START: i64 = 1_800_000_000;
/// What an account is given: 100 SOL.
const FUNDS: u64 = 100_000_000_000;

/// Refuses bytes that mainnet's runtime would not load as a program.
pub fn loads(program: &[u8]) -> anyhow::Result<()> {
    let mut svm = LiteSVM::new().with_mainnet_features();
    Ok(svm.add_program(Address::new_unique(), program)?)
}

impl Runtime {
    /// A runtime with mainnet's features and the committed program, at a fixed time.
    pub fn new() -> anyhow::Result<Self> {
        let mut svm = LiteSVM::new().with_mainnet_features();
        let file = workspace_root().join("programs/veilpass/veilpass.so");
        svm.add_program_from_file(PROGRAM_ID, &file).with_context(|| format!("cannot load {}", file.display()))?;
        let mut runtime = Self { svm };
        runtime.set_time(START);
        Ok(runtime)
    }

    /// Loads another program.
    pub fn load(&mut self, address: Address, file: &str) -> anyhow::Result<()> {
        let file = workspace_root().join(file);
        self.svm.add_program_from_file(address, &file).with_context(|| format!("cannot load {}", file.display()))
    }

    /// A new key with 100 SOL.
    pub fn funded(&mut self) -> Keypair {
        let key = Keypair::new();
        self.svm.airdrop(&key.pubkey(), FUNDS).expect("the runtime has money");
        key
    }

    /// The time, in seconds since the Unix epoch.
    pub fn time(&self) -> i64 {
        self.svm.get_sysvar::<Clock>().unix_timestamp
    }

    /// Sets the time.
    pub fn set_time(&mut self, unix_seconds: i64) {
        let mut clock = self.svm.get_sysvar::<Clock>();
        clock.unix_timestamp = unix_seconds;
        clock.slot += 1;
        self.svm.set_sysvar(&clock);
    }

    /// Sends instructions, with as many compute units as a transaction may have. The first signer pays.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<Landed, Refused> {
        self.send_as(Format::Legacy, instructions, signers)
    }

    /// Sends a transaction of a format.
    pub fn send_as(
        &mut self,
        format: Format,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Landed, Refused> {
        self.send_within(format, instructions, signers, 1_400_000)
    }

    /// Sends a transaction with a limit of compute units.
    pub fn send_within(
        &mut self,
        format: Format,
        instructions: &[Instruction],
        signers: &[&Keypair],
        compute_units: u32,
    ) -> Result<Landed, Refused> {
        // Equal transactions would be the same one.
        self.svm.expire_blockhash();
        let payer = signers[0].pubkey();
        let message =
            format.message(&payer, instructions, self.svm.latest_blockhash(), compute_units).expect("a message");
        let transaction = VersionedTransaction::try_new(message, signers).expect("every signer is given");
        let bytes = transaction_bytes(&transaction);
        match self.svm.send_transaction(transaction) {
            Ok(meta) => {
                let inner = meta.inner_instructions.into_iter().flatten();
                let inner: Vec<_> = inner.map(|inner| inner.instruction.data).collect();
                let events = inner.iter().filter_map(|data| Event::from_instruction_data(data)).collect();
                Ok(Landed { compute_units: meta.compute_units_consumed, bytes, events, inner })
            }
            Err(failed) => {
                let code = match &failed.err {
                    TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(*code),
                    _ => None,
                };
                let compute_units = failed.meta.compute_units_consumed;
                Err(Refused { code, error: failed.err, compute_units, logs: failed.meta.logs })
            }
        }
    }

    /// An account of the program.
    pub fn read<T: veilpass_chain::AccountData>(&self, address: &Address) -> Option<T> {
        read_account(&self.svm.get_account(address)?.data)
    }

    /// An account as it is. One without money does not exist.
    pub fn account(&self, address: &Address) -> Option<Account> {
        self.svm.get_account(address).filter(|account| account.lamports > 0)
    }

    /// Money of an account.
    pub fn balance(&self, address: &Address) -> u64 {
        self.svm.get_balance(address).unwrap_or(0)
    }

    /// Sets an account, whatever the rules.
    pub fn set_account(&mut self, address: Address, account: Account) {
        self.svm.set_account(address, account).expect("an account");
    }

    /// What an account of that many bytes must hold.
    pub fn rent(&self, bytes: usize) -> u64 {
        self.svm.minimum_balance_for_rent_exemption(bytes)
    }
}

/// Bytes of a transaction on the wire.
fn transaction_bytes(transaction: &VersionedTransaction) -> usize {
    wincode::serialize(transaction).expect("a transaction").len()
}
