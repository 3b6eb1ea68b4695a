//! Tokens of SPL Token and Token-2022 on the local chain.

use solana_address::Address;
use solana_instruction::Instruction;
use solana_system_interface::instruction::{create_account_with_seed, transfer};
use spl_token_2022_interface::{
    extension::ExtensionType,
    instruction::{
        approve, freeze_account, initialize_account3, initialize_immutable_owner, initialize_mint2, mint_to,
        transfer_checked,
    },
    state::Account,
};

use super::wallet::Wallet;
use crate::chain_parts::ChainParts;

/// Which token program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Spl,
    /// With an extension in each account, so that it is longer.
    Token2022,
}

const MINT_BYTES: usize = 82;
const LAMPORTS: u64 = 100_000_000;

/// A mint that the operator mints and freezes.
#[derive(Clone, Copy)]
pub(crate) struct Mint {
    pub(crate) address: Address,
    kind: Kind,
}

impl Kind {
    fn program(self) -> Address {
        match self {
            Self::Spl => spl_token_interface::ID,
            Self::Token2022 => spl_token_2022_interface::ID,
        }
    }
}

/// A new account of a program, at an address from a random seed: it needs no signature of its own.
async fn new_account(chain: &ChainParts, space: usize, program: Address) -> (Address, Instruction) {
    let operator = chain.operator.address();
    let seed = hex::encode(rand::random::<[u8; 16]>());
    let address = Address::create_with_seed(&operator, &seed, &program).unwrap();
    let rent = chain.rpc.client().get_minimum_balance_for_rent_exemption(space).await.unwrap();
    let create = create_account_with_seed(&operator, &address, &operator, &seed, rent, space as u64, &program);
    (address, create)
}

impl Mint {
    pub(crate) async fn new(chain: &ChainParts, kind: Kind) -> Self {
        let (program, operator) = (kind.program(), chain.operator.address());
        let (address, create) = new_account(chain, MINT_BYTES, program).await;
        let initialize = initialize_mint2(&program, &address, &operator, Some(&operator), 0).unwrap();
        chain.rpc.send(&chain.operator, &[create, initialize]).await.unwrap();
        Self { address, kind }
    }

    /// A token account of this wallet, with so many tokens.
    pub(crate) async fn give(&self, chain: &ChainParts, wallet: &Wallet, amount: u64) -> Address {
        let (program, operator) = (self.kind.program(), chain.operator.address());
        let extensions: &[ExtensionType] = match self.kind {
            Kind::Spl => &[],
            Kind::Token2022 => &[ExtensionType::ImmutableOwner],
        };
        let space = ExtensionType::try_calculate_account_len::<Account>(extensions).unwrap();
        let (account, create) = new_account(chain, space, program).await;
        let mut instructions = vec![create];
        if self.kind == Kind::Token2022 {
            instructions.push(initialize_immutable_owner(&program, &account).unwrap());
        }
        instructions.push(initialize_account3(&program, &account, &self.address, &wallet.address()).unwrap());
        if amount > 0 {
            instructions.push(mint_to(&program, &self.address, &account, &operator, &[], amount).unwrap());
        }
        instructions.push(transfer(&operator, &wallet.address(), LAMPORTS));
        chain.rpc.send(&chain.operator, &instructions).await.unwrap();
        account
    }

    pub(crate) async fn freeze(&self, chain: &ChainParts, account: &Address) {
        let operator = chain.operator.address();
        let freeze = freeze_account(&self.kind.program(), account, &self.address, &operator, &[]).unwrap();
        chain.rpc.send(&chain.operator, &[freeze]).await.unwrap();
    }

    pub(crate) async fn delegate(&self, chain: &ChainParts, wallet: &Wallet, account: &Address) {
        let to = chain.operator.address();
        let approve = approve(&self.kind.program(), account, &to, &wallet.address(), &[], 1).unwrap();
        chain.rpc.send(&wallet.payer(), &[approve]).await.unwrap();
    }

    /// One token, from a wallet to another's account.
    pub(crate) async fn sell(&self, chain: &ChainParts, wallet: &Wallet, from: &Address, to: &Address) {
        let (program, owner) = (self.kind.program(), wallet.address());
        let sale = transfer_checked(&program, from, &self.address, to, &owner, &[], 1, 0).unwrap();
        chain.rpc.send(&wallet.payer(), &[sale]).await.unwrap();
    }
}
