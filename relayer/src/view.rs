//! Reading the chain.

use std::{collections::BTreeMap, sync::Mutex};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::json;
use solana_address::Address;
use solana_rpc_client::api::request::RpcRequest;
use solana_rpc_client_types::response::Response;
use veilpass_chain::{AccountData, PROGRAM_ID, read_account};

use crate::rpc_pool::{RpcFailure, RpcPool};

/// How sure a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// A supermajority voted for it; a fork can hardly undo it.
    Confirmed,
    /// It is for good.
    Finalized,
}

impl Certainty {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Finalized => "finalized",
        }
    }
}

/// An account as it is on the chain.
#[derive(Debug, Clone)]
pub(crate) struct RawAccount {
    pub(crate) lamports: u64,
    pub(crate) owner: Address,
    pub(crate) data: Vec<u8>,
}

impl RawAccount {
    /// As an account of the program.
    pub(crate) fn read<T: AccountData>(&self) -> Option<T> {
        if self.owner == PROGRAM_ID { read_account(&self.data) } else { None }
    }
}

/// An account as JSON.
#[derive(Deserialize)]
struct JsonAccount {
    lamports: u64,
    owner: String,
    data: (String, String),
}

#[derive(Deserialize)]
struct JsonKeyedAccount {
    pubkey: String,
    account: JsonAccount,
}

impl JsonAccount {
    fn parse(self) -> Result<RawAccount, RpcFailure> {
        let broken = || RpcFailure::Unavailable("an account is not what was asked for".into());
        Ok(RawAccount {
            lamports: self.lamports,
            owner: self.owner.parse().map_err(|_| broken())?,
            data: BASE64_STANDARD.decode(self.data.0).map_err(|_| broken())?,
        })
    }
}

/// Reads the chain through a pool.
pub(crate) struct ChainView<'a> {
    pub(crate) pool: &'a RpcPool,
    pub(crate) rents: &'a Mutex<BTreeMap<usize, u64>>,
}

/// The account that holds the chain's time, and where in it.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");
const CLOCK_TIME: core::ops::Range<usize> = 32..40;

impl ChainView<'_> {
    /// Accounts, all of one slot. One that does not exist, or holds nothing, is `None`.
    pub(crate) async fn accounts<const N: usize>(
        &self,
        addresses: [Address; N],
        certainty: Certainty,
    ) -> Result<[Option<RawAccount>; N], RpcFailure> {
        let names = addresses.map(|address| address.to_string());
        let params = json!([names.as_slice(), {"encoding": "base64", "commitment": certainty.name()}]);
        let answer: Response<Vec<Option<JsonAccount>>> =
            self.pool.request(RpcRequest::GetMultipleAccounts, params).await?;
        let accounts = answer.value.into_iter().map(|account| account.map(JsonAccount::parse).transpose());
        let accounts: Vec<_> = accounts.collect::<Result<_, _>>()?;
        accounts.try_into().map_err(|_| RpcFailure::Unavailable("other accounts than were asked for".into()))
    }

    /// Accounts of the program that hold these bytes at this place, as far as a fork can hardly undo them.
    pub(crate) async fn program_accounts<T: AccountData>(
        &self,
        at: usize,
        bytes: &Address,
    ) -> Result<Vec<(Address, T)>, RpcFailure> {
        let filters = json!([
            {"dataSize": veilpass_chain::DISCRIMINATOR_BYTES + size_of::<T>()},
            {"memcmp": {"offset": at, "bytes": bytes.to_string(), "encoding": "base58"}},
        ]);
        let params =
            json!([PROGRAM_ID.to_string(), {"encoding": "base64", "commitment": "confirmed", "filters": filters}]);
        let answer: Vec<JsonKeyedAccount> = self.pool.request(RpcRequest::GetProgramAccounts, params).await?;
        let mut accounts = Vec::new();
        for found in answer {
            let account = found.account.parse()?;
            if let (Ok(address), Some(content)) = (found.pubkey.parse(), account.read()) {
                accounts.push((address, content));
            }
        }
        Ok(accounts)
    }

    /// The chain's time, in seconds since the Unix epoch. `None` if it does not say.
    pub(crate) fn time(clock: Option<&RawAccount>) -> Option<u64> {
        let bytes = clock?.data.get(CLOCK_TIME)?.try_into().ok()?;
        u64::try_from(i64::from_le_bytes(bytes)).ok()
    }

    /// The account to read the time from.
    pub(crate) const fn clock() -> Address {
        CLOCK
    }

    /// What an account of that many bytes must hold.
    pub(crate) async fn rent(&self, bytes: usize) -> Result<u64, RpcFailure> {
        let known =
            |rents: &Mutex<BTreeMap<usize, u64>>| rents.lock().ok().and_then(|rents| rents.get(&bytes).copied());
        if let Some(rent) = known(self.rents) {
            return Ok(rent);
        }
        let rent = self.pool.request(RpcRequest::GetMinimumBalanceForRentExemption, json!([bytes])).await?;
        if let Ok(mut rents) = self.rents.lock() {
            rents.insert(bytes, rent);
        }
        Ok(rent)
    }

    /// Money of an account, in lamports.
    pub(crate) async fn balance(&self, address: &Address) -> Result<u64, RpcFailure> {
        let params = json!([address.to_string(), {"commitment": "confirmed"}]);
        let answer: Response<u64> = self.pool.request(RpcRequest::GetBalance, params).await?;
        Ok(answer.value)
    }
}
