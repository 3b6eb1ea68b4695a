//! Reading the chain: who holds which token, at a finalized slot. Nothing is sent.
//!
//! An answer counts if it is not older than what was seen before it was asked for: an RPC that is behind may not know yet that
//! a token was sold. What an RPC says is believed; operators choose theirs.

mod endpoint;
mod ownership;
mod pool;
mod token_account;
mod url;

pub(crate) use ownership::Ownership;
pub(crate) use pool::{ChainError, ChainReader};
pub(crate) use token_account::TokenAccount;
pub(crate) use url::RpcUrl;
