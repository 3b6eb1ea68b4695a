//! Where an RPC is.

use std::{fmt, str::FromStr};

use reqwest::Url;

/// URL of an RPC endpoint. Its path and query may hold a key: only the host is ever shown.
#[derive(Clone)]
pub(crate) struct RpcUrl(Url);

/// The text is no http or https URL. It is not repeated: it may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an http:// or https:// URL")]
pub(crate) struct ParseRpcUrlError;

impl RpcUrl {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Host and port.
    pub(crate) fn host(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or(host.to_owned(), |port| format!("{host}:{port}"))
    }
}

impl FromStr for RpcUrl {
    type Err = ParseRpcUrlError;

    fn from_str(text: &str) -> Result<Self, ParseRpcUrlError> {
        let url: Url = text.parse().map_err(|_| ParseRpcUrlError)?;
        if matches!(url.scheme(), "http" | "https") && url.has_host() { Ok(Self(url)) } else { Err(ParseRpcUrlError) }
    }
}

impl fmt::Debug for RpcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RpcUrl({}, redacted)", self.host())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_a_key() {
        let url: RpcUrl = "https://user:key@rpc.example:8899/path?api-key=x".parse().unwrap();
        assert_eq!(format!("{url:?}"), "RpcUrl(rpc.example:8899, redacted)");
        for wrong in ["ftp://rpc.example", "secret", "http://"] {
            let error = RpcUrl::from_str(wrong).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
