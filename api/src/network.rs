//! Blocks of IP addresses, as settings name them.

use std::{net::IpAddr, str::FromStr};

/// An address, or the addresses that begin with some bits of one: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix_bits: u8,
}

/// Not an address, nor one with the length of a prefix.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected an IP address or a CIDR block, such as 192.0.2.7 or 10.0.0.0/8")]
pub struct ParseNetworkError;

impl FromStr for Network {
    type Err = ParseNetworkError;

    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(|_| ParseNetworkError)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix_bits = bits.map_or(Ok(longest), |bits| bits.trim().parse().map_err(|_| ParseNetworkError))?;
        if prefix_bits > longest { Err(ParseNetworkError) } else { Ok(Self { address, prefix_bits }) }
    }
}

impl Network {
    /// Whether an address begins with its bits.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        // The bits, at the left end of 128.
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
            IpAddr::V6(v6) => v6.to_bits(),
        };
        let differing = bits(self.address) ^ bits(address);
        self.address.is_ipv4() == address.is_ipv4() && differing.leading_zeros() >= u32::from(self.prefix_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn networks_are_addresses_with_a_prefix() {
        let block: Network = "10.1.0.0/16".parse().unwrap();
        assert!(block.contains("10.1.255.1".parse().unwrap()) && !block.contains("10.2.0.1".parse().unwrap()));
        assert!(!block.contains("a01::".parse().unwrap()), "the same bits of the other family");
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0.0/x", "example.org", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
