//! Which chain an RPC serves.

use anyhow::{bail, ensure};
use serde::Serialize;

/// A cluster of Solana.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cluster {
    /// A chain of one's own.
    Localnet,
    /// For trying; its SOL is free.
    Devnet,
    /// For validators.
    Testnet,
    /// The one with money.
    MainnetBeta,
}

/// The genesis hashes of the public clusters.
const GENESIS: [(Cluster, &str); 3] = [
    (Cluster::MainnetBeta, "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"),
    (Cluster::Devnet, "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG"),
    (Cluster::Testnet, "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY"),
];

/// Where a local validator listens.
const LOCAL_RPC: &str = "http://127.0.0.1:8899";

impl Cluster {
    /// Its name, as on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Localnet => "localnet",
            Self::Devnet => "devnet",
            Self::Testnet => "testnet",
            Self::MainnetBeta => "mainnet-beta",
        }
    }

    /// Whether others use it too.
    pub fn is_public(self) -> bool {
        self != Self::Localnet
    }

    /// The RPC to ask. Only a local chain has one without being told.
    pub(super) fn rpc(self, given: Option<&str>) -> anyhow::Result<String> {
        match given {
            Some(url) => Ok(url.to_owned()),
            None if !self.is_public() => Ok(LOCAL_RPC.to_owned()),
            None => bail!("give the URL of an RPC of {} with --rpc, or in VEILPASS_RPC_URL", self.name()),
        }
    }

    /// Refuses an RPC of another cluster than this.
    pub(super) fn check(self, genesis_hash: &str) -> anyhow::Result<()> {
        let served = GENESIS.iter().find(|(_, hash)| *hash == genesis_hash).map_or(Self::Localnet, |(known, _)| *known);
        let what = if served.is_public() { served.name() } else { "no public cluster" };
        ensure!(
            served == self,
            "--cluster is {}, but the RPC serves {what} (genesis hash {genesis_hash}): give the --cluster or the --rpc \
             that is meant",
            self.name()
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_takes_only_an_rpc_of_its_own() {
        let own = "2YoqxQm6VZvBsvBXTkFhbwnPKv8CM4tDQVfo8AhaHWPK";
        assert!(Cluster::Localnet.check(own).is_ok());
        for (cluster, hash) in GENESIS {
            assert!(cluster.check(hash).is_ok());
            let refused = Cluster::Localnet.check(hash).unwrap_err().to_string();
            assert!(refused.contains(&format!("serves {}", cluster.name())), "{refused}");
            let refused = cluster.check(own).unwrap_err().to_string();
            assert!(refused.contains("serves no public cluster"), "{refused}");
        }
        assert!(Cluster::Devnet.check(GENESIS[0].1).is_err());
    }

    #[test]
    fn only_a_local_chain_has_an_rpc_without_being_told() {
        assert_eq!(Cluster::Localnet.rpc(None).unwrap(), LOCAL_RPC);
        assert_eq!(Cluster::Devnet.rpc(Some("http://x")).unwrap(), "http://x");
        assert!(Cluster::MainnetBeta.rpc(None).is_err());
    }
}
