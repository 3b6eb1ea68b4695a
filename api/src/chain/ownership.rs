//! Whether a wallet holds a token.

use serde::Deserialize;
use serde_json::{Value, json};
use veilpass_siws::Address;

use super::{
    pool::{ChainError, ChainReader},
    token_account::{AccountJson, TokenAccount},
};

/// What a wallet has of a mint, at a finalized slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ownership {
    /// At least one token that it alone decides about.
    Held {
        /// Where.
        account: Address,
        /// As of then.
        slot: u64,
    },
    /// Tokens, but all are frozen or may be moved by a delegate.
    Bound {
        /// Whether any is in an account that is not frozen.
        is_delegated: bool,
        /// As of then.
        slot: u64,
    },
    /// Nothing.
    NotHeld {
        /// As of then.
        slot: u64,
    },
}

#[derive(Deserialize)]
struct KeyedAccountJson {
    pubkey: String,
    account: AccountJson,
}

impl ChainReader {
    /// What a wallet has of a mint, in whatever token accounts.
    ///
    /// # Errors
    /// [`ChainError::Unknown`] if there is no such mint.
    pub(crate) async fn ownership(&self, wallet: &Address, mint: &Address) -> Result<Ownership, ChainError> {
        let params = [json!(wallet.to_string()), json!({ "mint": mint.to_string() })];
        let (slot, accounts): (_, Vec<KeyedAccountJson>) = self.ask("getTokenAccountsByOwner", &params).await?;
        let mut ownership = Ownership::NotHeld { slot };
        for KeyedAccountJson { pubkey, account } in &accounts {
            let Some(read) = TokenAccount::read(account) else { continue };
            if !read.holds(mint.as_bytes(), wallet.as_bytes()) {
                continue;
            }
            if read.is_free() {
                let account = pubkey.parse().map_err(|_| ChainError::Unavailable)?;
                return Ok(Ownership::Held { account, slot });
            }
            let before = matches!(ownership, Ownership::Bound { is_delegated: true, .. });
            ownership = Ownership::Bound { is_delegated: before || !read.is_frozen, slot };
        }
        Ok(ownership)
    }

    /// The token accounts at these addresses, up to 100, in order; none where there is another account or nothing.
    pub(crate) async fn token_accounts(
        &self,
        addresses: &[Address],
    ) -> Result<(u64, Vec<Option<TokenAccount>>), ChainError> {
        let texts: Vec<Value> = addresses.iter().map(|address| json!(address.to_string())).collect();
        let (slot, accounts): (_, Vec<Option<AccountJson>>) = self.ask("getMultipleAccounts", &[json!(texts)]).await?;
        if accounts.len() != addresses.len() {
            return Err(ChainError::Unavailable);
        }
        Ok((slot, accounts.iter().map(|account| account.as_ref().and_then(TokenAccount::read)).collect()))
    }
}
