//! The text that a wallet signs to enrol a token: a Sign In With Solana message, in exactly one form.
//!
//! The grammar is that of the wallet standard's `signIn` (`createSignInMessage` of `@solana/wallet-standard-util`; ABNF in
//! phantom/sign-in-with-solana). Of what it leaves open this crate fixes everything: a message is accepted only if it is,
//! byte for byte, what [`EnrolmentMessage`] prints. Lines end with `\n`, and the last has none:
//!
//! ```text
//! listen.example wants you to sign in with your Solana account:
//! 4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T
//!
//! Enrol this token so that I can prove privately that I own it. This is no transaction and moves nothing.
//!
//! URI: https://listen.example
//! Version: 1
//! Chain ID: mainnet
//! Nonce: 000102030405060708090a0b0c0d0e0f
//! Issued At: 2026-01-02T03:04:05Z
//! Expiration Time: 2026-01-02T03:14:05Z
//! Resources:
//! - urn:veilpass:program:<base58, 32 bytes>
//! - urn:veilpass:registry:<64 lowercase hexadecimal digits>
//! - urn:veilpass:mint:<base58, 32 bytes>
//! - urn:veilpass:track:<64 lowercase hexadecimal digits>
//! - urn:veilpass:commitment:<64 lowercase hexadecimal digits>
//! ```
//!
//! | line | form |
//! |---|---|
//! | domain | host and, if it is not the scheme's own, port: lowercase letters, digits, `.`, `-`, `:`, `[`, `]`; at most 256 bytes |
//! | URI | the frontend's origin: a scheme of lowercase letters, `://`, a domain, and nothing after it; at most 256 bytes |
//! | Chain ID | `mainnet`, `testnet`, `devnet` or `localnet` |
//! | Nonce | 128 bits, 32 lowercase hexadecimal digits |
//! | times | RFC 3339, whole seconds, UTC as `Z` |

mod address;
mod cluster;
mod message;
mod nonce;
mod parse;
mod place;
mod timestamp;
mod verify;

pub use address::{Address, ParseAddressError};
pub use cluster::{Cluster, ParseClusterError};
pub use message::{EnrolmentMessage, MAX_MESSAGE_BYTES, STATEMENT};
pub use nonce::{Nonce, ParseNonceError};
pub use parse::ParseMessageError;
pub use place::{Domain, Origin, ParsePlaceError};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use verify::{CLOCK_SKEW_SECONDS, MAX_LIFETIME_SECONDS, VerifyError};
