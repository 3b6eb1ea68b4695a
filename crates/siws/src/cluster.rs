//! Which cluster.

use std::{fmt, str::FromStr};

/// A cluster, as a message names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cluster {
    /// `mainnet`, which RPC tools call `mainnet-beta`.
    Mainnet,
    /// `testnet`
    Testnet,
    /// `devnet`
    Devnet,
    /// `localnet`
    Localnet,
}

/// Not the name of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cluster: mainnet, testnet, devnet or localnet")]
pub struct ParseClusterError;

impl Cluster {
    /// The cluster that a registry names: as in a message, but `mainnet-beta`.
    pub fn from_registry(name: &str) -> Option<Self> {
        match name {
            "mainnet-beta" => Some(Self::Mainnet),
            "mainnet" => None,
            other => other.parse().ok(),
        }
    }
}

impl FromStr for Cluster {
    type Err = ParseClusterError;

    fn from_str(text: &str) -> Result<Self, ParseClusterError> {
        match text {
            "mainnet" => Ok(Self::Mainnet),
            "testnet" => Ok(Self::Testnet),
            "devnet" => Ok(Self::Devnet),
            "localnet" => Ok(Self::Localnet),
            _ => Err(ParseClusterError),
        }
    }
}

impl fmt::Display for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Devnet => "devnet",
            Self::Localnet => "localnet",
        })
    }
}
