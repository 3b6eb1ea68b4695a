//! Token accounts of SPL Token and Token-2022.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use spl_token_2022_interface::{
    extension::StateWithExtensions,
    state::{Account, AccountState},
};

/// Bytes of a token account without extensions.
const BASE_BYTES: u64 = 165;
/// Bytes of a multisignature account of Token-2022, which is never a token account.
const MULTISIG_BYTES: u64 = 355;

/// An account as the RPC tells it, in base64.
#[derive(Deserialize)]
pub(super) struct AccountJson {
    data: (String, String),
    /// The program that owns it, base58.
    owner: String,
    /// Bytes of all its data, of which `data` may be the first.
    space: u64,
}

/// A token account: how much of what it holds, for whom.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenAccount {
    pub(crate) mint: [u8; 32],
    pub(crate) owner: [u8; 32],
    pub(crate) amount: u64,
    /// What a delegate may move at any time.
    pub(crate) delegated: u64,
    pub(crate) is_frozen: bool,
}

impl TokenAccount {
    /// Reads an account; none if it is not a token account in use. An account of SPL Token has 165 bytes; one of
    /// Token-2022 may have extensions after them, behind a byte that says that it is no mint.
    pub(super) fn read(account: &AccountJson) -> Option<Self> {
        let data = BASE64_STANDARD.decode(&account.data.0).ok().filter(|_| account.data.1 == "base64")?;
        let is_legacy = account.owner == spl_token_interface::ID.to_string();
        let is_2022 = account.owner == spl_token_2022_interface::ID.to_string();
        if !(is_legacy && account.space == BASE_BYTES || is_2022 && account.space != MULTISIG_BYTES) {
            return None;
        }
        // The two programs agree on the first 165 bytes.
        let account = StateWithExtensions::<Account>::unpack(&data).ok()?.base;
        Some(Self {
            mint: account.mint.to_bytes(),
            owner: account.owner.to_bytes(),
            amount: account.amount,
            delegated: if account.delegate.is_some() { account.delegated_amount } else { 0 },
            is_frozen: account.state == AccountState::Frozen,
        })
    }

    /// Whether it holds a token of the mint for the wallet.
    pub(crate) fn holds(&self, mint: &[u8; 32], wallet: &[u8; 32]) -> bool {
        self.mint == *mint && self.owner == *wallet && self.amount >= 1
    }

    /// Whether the owner alone decides about at least one of its tokens.
    pub(super) fn is_free(&self) -> bool {
        !self.is_frozen && self.amount.saturating_sub(self.delegated) >= 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use spl_token_2022_interface::extension::{
        BaseStateWithExtensionsMut, ExtensionType, StateWithExtensionsMut, immutable_owner::ImmutableOwner,
    };

    use super::*;

    fn account() -> Account {
        Account { amount: 3, state: AccountState::Initialized, owner: [1; 32].into(), ..Account::default() }
    }

    fn json(owner: impl ToString, data: &[u8], space: usize) -> AccountJson {
        let data =
            (BASE64_STANDARD.encode(&data[..data.len().min(super::super::pool::ACCOUNT_BYTES)]), "base64".into());
        AccountJson { data, owner: owner.to_string(), space: space as u64 }
    }

    fn with_extension() -> Vec<u8> {
        let length = ExtensionType::try_calculate_account_len::<Account>(&[ExtensionType::ImmutableOwner]).unwrap();
        let mut data = vec![0; length];
        let mut state = StateWithExtensionsMut::<Account>::unpack_uninitialized(&mut data).unwrap();
        state.init_extension::<ImmutableOwner>(false).unwrap();
        state.base = account();
        state.pack_base();
        state.init_account_type().unwrap();
        data
    }

    #[test]
    fn accounts_of_both_programs_are_read_from_their_first_bytes() {
        let data = with_extension();
        assert!(data.len() > 166);
        let read = TokenAccount::read(&json(spl_token_2022_interface::ID, &data, data.len())).unwrap();
        assert_eq!((read.amount, read.owner, read.is_free()), (3, [1; 32], true));
        let legacy = TokenAccount::read(&json(spl_token_interface::ID, &data[..165], 165)).unwrap();
        assert!(legacy == read);
        assert!(TokenAccount::read(&json(spl_token_2022_interface::ID, &data[..165], 165)).unwrap() == read);
    }

    #[test]
    fn what_is_no_token_account_is_refused() {
        let data = with_extension();
        let refused =
            |owner: String, data: &[u8], space| assert!(TokenAccount::read(&json(owner, data, space)).is_none());
        let (old, new) = (spl_token_interface::ID.to_string(), spl_token_2022_interface::ID.to_string());
        refused("11111111111111111111111111111111".into(), &data, data.len());
        refused(old.clone(), &data, data.len());
        refused(old, &data[..164], 165);
        refused(new.clone(), &data, 355);
        // A mint with extensions, whose type byte is another.
        let mut mint = data.clone();
        mint[165] = 1;
        refused(new.clone(), &mint, mint.len());
        let mut uninitialized = data.clone();
        uninitialized[108] = 0;
        refused(new, &uninitialized, uninitialized.len());
    }

    #[test]
    fn what_others_may_move_is_not_free() {
        let of = |amount, delegated, is_frozen| {
            TokenAccount { mint: [0; 32], owner: [0; 32], amount, delegated, is_frozen }.is_free()
        };
        assert!(of(1, 0, false) && of(3, 2, false));
        assert!(!of(0, 0, false) && !of(1, 1, false) && !of(3, 7, false) && !of(1, 0, true));
    }

    proptest! {
        #[test]
        fn what_is_read_stands_at_its_place(
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            garbage in prop::option::weighted(0.2, prop::collection::vec(any::<u8>(), 0..400)),
            is_2022: bool,
            length in prop_oneof![Just(165), Just(166), 0..200_usize],
        ) {
            let mut data = garbage.unwrap_or_else(with_extension);
            for (place, byte) in changes {
                if !data.is_empty() {
                    let place = place.index(data.len());
                    data[place] = byte;
                }
            }
            data.truncate(length);
            let owner = if is_2022 { spl_token_2022_interface::ID } else { spl_token_interface::ID };
            if let Some(read) = TokenAccount::read(&json(owner, &data, data.len())) {
                prop_assert_eq!((&data[..32], &data[32..64]), (&read.mint[..], &read.owner[..]));
                prop_assert_eq!(&data[64..72], read.amount.to_le_bytes());
                prop_assert_eq!(read.is_frozen, data[108] == 2);
                let delegated = u64::from_le_bytes(data[121..129].try_into().unwrap());
                prop_assert_eq!(read.delegated, if data[72] == 1 { delegated } else { 0 });
            }
        }
    }
}
