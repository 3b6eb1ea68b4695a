//! What the tests share.

use anchor_lang::{AccountDeserialize, InstructionData, ToAccountMetas};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;
use veilpass_cpi::{NULLIFIER_DISCRIMINATOR, PROGRAM_ID, nullifier_address};
use veilpass_example_gate::{
    ID, accounts,
    error::GateError,
    instruction,
    state::{Gate, Use},
};
use veilpass_svm::{Landed, Refused, Runtime};

pub(crate) const EPOCH_LENGTH_SECONDS: u64 = 86_400;
pub(crate) const REGISTRY: Address = Address::new_from_array([1; 32]);
pub(crate) const TRACK: [u8; 32] = [2; 32];

/// A runtime with a gate.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) payer: Keypair,
    pub(crate) gate: Address,
}

/// What a receipt says, and where and whose it is.
#[derive(Clone)]
pub(crate) struct Receipt {
    pub(crate) address: Address,
    pub(crate) owner: Address,
    pub(crate) registry: Address,
    pub(crate) track_id: [u8; 32],
    pub(crate) nullifier: [u8; 32],
    pub(crate) epoch: u64,
}

impl World {
    pub(crate) fn new() -> Self {
        let mut runtime = Runtime::new().unwrap();
        runtime.load(ID, "programs/example-gate/example_gate.so").unwrap();
        let payer = runtime.funded();
        let mut world = Self { runtime, payer, gate: Address::default() };
        world.initialize(EPOCH_LENGTH_SECONDS).unwrap();
        world
    }

    /// Makes the payer's gate, which is the one from then on.
    pub(crate) fn initialize(&mut self, epoch_length_seconds: u64) -> Result<Landed, Refused> {
        let authority = self.payer.pubkey();
        let seeds: &[&[u8]] = &[Gate::SEED, authority.as_ref(), REGISTRY.as_ref(), &TRACK];
        self.gate = Address::find_program_address(seeds, &ID).0;
        let accounts = accounts::InitializeGate { gate: self.gate, authority, system_program: Address::default() };
        let data = instruction::InitializeGate { registry: REGISTRY, track_id: TRACK, epoch_length_seconds };
        let instruction = Instruction::new_with_bytes(ID, &data.data(), accounts.to_account_metas(None));
        self.runtime.send(&[instruction], &[&self.payer])
    }

    /// A receipt that the gate counts.
    pub(crate) fn receipt(&self, nullifier: [u8; 32]) -> Receipt {
        Receipt {
            address: nullifier_address(&REGISTRY, &nullifier).0,
            owner: PROGRAM_ID,
            registry: REGISTRY,
            track_id: TRACK,
            nullifier,
            epoch: self.runtime.time().unsigned_abs() / EPOCH_LENGTH_SECONDS,
        }
    }

    /// Sets the account and presents it under its nullifier.
    pub(crate) fn listen(&mut self, receipt: &Receipt) -> Result<Landed, Refused> {
        self.set(receipt.address, receipt.owner, receipt.data());
        self.present(receipt.address, receipt.nullifier)
    }

    pub(crate) fn set(&mut self, address: Address, owner: Address, data: Vec<u8>) {
        let lamports = self.runtime.rent(data.len());
        self.runtime.set_account(address, Account { lamports, data, owner, executable: false, rent_epoch: u64::MAX });
    }

    /// Presents an account as it is.
    pub(crate) fn present(&mut self, receipt: Address, nullifier: [u8; 32]) -> Result<Landed, Refused> {
        let accounts = accounts::Listen {
            gate: self.gate,
            receipt,
            listened: self.use_address(&nullifier),
            payer: self.payer.pubkey(),
            system_program: Address::default(),
            event_authority: Address::find_program_address(&[b"__event_authority"], &ID).0,
            program: ID,
        };
        let data = instruction::Listen { nullifier }.data();
        let instruction = Instruction::new_with_bytes(ID, &data, accounts.to_account_metas(None));
        self.runtime.send(&[instruction], &[&self.payer])
    }

    pub(crate) fn use_address(&self, nullifier: &[u8; 32]) -> Address {
        Address::find_program_address(&[Use::SEED, self.gate.as_ref(), nullifier], &ID).0
    }

    /// Listeners that were counted.
    pub(crate) fn listens(&self) -> u64 {
        let account = self.runtime.account(&self.gate).unwrap();
        Gate::try_deserialize(&mut &account.data[..]).unwrap().listens
    }

    /// Asserts that the receipt is refused with this error and leaves nothing.
    #[track_caller]
    pub(crate) fn assert_refused(&mut self, receipt: &Receipt, error: GateError) {
        let before = self.listens();
        assert_code(self.listen(receipt), error);
        assert_eq!(self.listens(), before);
    }
}

/// Asserts that the program refused with this error.
#[track_caller]
pub(crate) fn assert_code(result: Result<Landed, Refused>, error: GateError) {
    let refused = result.err().expect("a refusal");
    assert_eq!(refused.code, Some(u32::from(error)), "{:?}\n{:#?}", refused.error, refused.logs);
}

impl Receipt {
    /// The account's bytes, as `veilpass_cpi::Receipt::SPACE` describes them.
    pub(crate) fn data(&self) -> Vec<u8> {
        let (context, payer) = ([4; 32], [5; 32]);
        let words = [self.registry.to_bytes(), self.track_id, self.nullifier, context, payer];
        let integers = [self.epoch, 1, 100, 1_800_000_000].map(u64::to_le_bytes);
        [&NULLIFIER_DISCRIMINATOR[..], words.as_flattened(), integers.as_flattened()].concat()
    }
}
