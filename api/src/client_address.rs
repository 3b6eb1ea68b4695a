//! Which client a request comes from: a name that tells nobody its address.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use veilpass_store::ClientBucket;
use zeroize::Zeroizing;

use crate::{network::Network, state::AppState};

/// Names clients, and puts them into buckets. Holds no address.
pub(crate) struct Clients {
    /// Of the master key, so that all replicas have the same names, or drawn at start. Without it no name leads to an
    /// address.
    key: Zeroizing<[u8; 32]>,
    trusted_proxies: Vec<Network>,
}

impl Clients {
    pub(crate) fn new(key: Zeroizing<[u8; 32]>, trusted_proxies: Vec<Network>) -> Self {
        Self { key, trusted_proxies }
    }

    /// The client's name for one purpose: HMAC-SHA256 of its IPv4 address, or of the first 64 bits of its IPv6 address.
    fn name(&self, purpose: &str, client: IpAddr) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.as_slice()).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        match client {
            IpAddr::V4(v4) => mac.update(&v4.octets()),
            // A client has a /64, and may take any address of it.
            IpAddr::V6(v6) => mac.update(&v6.octets()[..8]),
        }
        mac.finalize().into_bytes().into()
    }

    fn bucket(&self, client: IpAddr) -> ClientBucket {
        ClientBucket::of_hash(&self.name("queue", client))
    }

    /// The name of whoever sent a request, for one purpose.
    pub(crate) fn name_of(&self, purpose: &str, extensions: &Extensions, headers: &HeaderMap) -> [u8; 32] {
        self.name(purpose, self.address(extensions, headers))
    }

    fn address(&self, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a peer (not over TCP) all are one client.
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        client_address(peer, headers, &self.trusted_proxies)
    }
}

/// The peer, or if that is a trusted proxy whoever it names, and so on: the rightmost untrusted address of
/// `X-Forwarded-For`. What stands left of that one is the client's to invent.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[Network]) -> IpAddr {
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let mut client = peer.to_canonical();
    for named in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !trusted_proxies.iter().any(|network| network.contains(client)) {
            break;
        }
        let named = named.trim();
        let address = named.parse().or_else(|_| named.parse().map(|socket: SocketAddr| socket.ip()));
        match address {
            Ok(address) => client = IpAddr::to_canonical(&address),
            Err(_) => break,
        }
    }
    client
}

/// A client, as far as its streams must be told from those of others: its name for that purpose.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StreamClient(pub(crate) [u8; 32]);

impl FromRequestParts<AppState> for StreamClient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self(state.clients.name_of("event-streams", &parts.extensions, &parts.headers)))
    }
}

/// The bucket of whoever sent the request.
pub(crate) struct Client(pub(crate) ClientBucket);

impl FromRequestParts<AppState> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(Self(state.clients.bucket(state.clients.address(&parts.extensions, &parts.headers))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn client(peer: &str, lines: &[&str], trusted: &str) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.split_whitespace().map(|network| network.parse().unwrap()).collect();
        client_address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(client("192.0.2.1", &["198.51.100.9"], ""), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["198.51.100.9"], "192.0.2.2"), "192.0.2.1");
        assert_eq!(client("192.0.2.1", &["198.51.100.9"], "192.0.2.0/24"), "198.51.100.9");
        // What the client wrote itself stands left of what the proxy added.
        assert_eq!(client("10.0.0.1", &["1.1.1.1, 198.51.100.9"], "10.0.0.0/8"), "198.51.100.9");
        assert_eq!(client("10.0.0.1", &["1.1.1.1", "198.51.100.9, 10.9.9.9"], "10.0.0.0/8"), "198.51.100.9");
        assert_eq!(client("10.0.0.1", &["nonsense"], "10.0.0.0/8"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[], "10.0.0.0/8"), "10.0.0.1");
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::1"], "10.0.0.1"), "2001:db8::1");
        assert_eq!(client("fd00::1", &["[2001:db8::1]:4711"], "fd00::/8"), "2001:db8::1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1"], "::/0"), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["1.1.1.1"], "0.0.0.0/0"), "1.1.1.1");
    }

    #[test]
    fn a_client_is_its_ipv4_address_or_its_64_bits_of_ipv6() {
        let with_key = |key| Clients::new(Zeroizing::new([key; 32]), vec![]);
        let buckets = with_key(1);
        let bucket = |address: &str| buckets.bucket(address.parse().unwrap());
        assert_eq!(bucket("2001:db8::1"), bucket("2001:db8::ffff:1"));
        // Of 64 others one at most is expected in the same bucket.
        let same =
            |other: &dyn Fn(u8) -> String, of: &str| (1..65).filter(|n| bucket(&other(*n)) == bucket(of)).count();
        assert!(same(&|n| format!("192.0.2.{n}"), "192.0.2.0") < 8);
        assert!(same(&|n| format!("2001:db8:0:{n:x}::1"), "2001:db8::1") < 8);
        let restarted = with_key(2);
        let moved = |n: &u8| {
            let address = IpAddr::from([192, 0, 2, *n]);
            restarted.bucket(address) != buckets.bucket(address)
        };
        assert!((0..64).filter(moved).count() > 56);
        let address = "192.0.2.7".parse().unwrap();
        assert_eq!(buckets.name("a", address), with_key(1).name("a", address), "replicas have the same names");
        assert_ne!(buckets.name("a", address), buckets.name("b", address), "names of two purposes do not meet");
    }

    proptest! {
        #[test]
        fn a_client_cannot_choose_its_address(
            invented in prop::collection::vec("([!-~]{0,8}|[0-9.:, ]{0,20}|10\\.0\\.0\\.2){0,3}", 0..4),
        ) {
            let mut lines: Vec<&str> = invented.iter().map(String::as_str).collect();
            prop_assert_eq!(client("192.0.2.1", &lines, "10.0.0.0/8"), "192.0.2.1", "it came by itself");
            lines.push("198.51.100.9, 10.9.9.9");
            prop_assert_eq!(client("10.0.0.1", &lines, "10.0.0.0/8"), "198.51.100.9", "it came through two proxies");
        }
    }
}
