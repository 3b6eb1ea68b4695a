//! The URL of a Redis, which holds a password.

use std::{fmt, str::FromStr};

use redis::IntoConnectionInfo;
use secrecy::{ExposeSecret, SecretString};

/// `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. Cannot be printed.
#[derive(Clone)]
pub struct RedisUrl(SecretString);

/// Not the URL of a Redis. Does not repeat it: it may hold a password.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected redis://[user:password@]host[:port][/database], or rediss:// for TLS")]
pub struct ParseRedisUrlError;

impl FromStr for RedisUrl {
    type Err = ParseRedisUrlError;

    fn from_str(text: &str) -> Result<Self, ParseRedisUrlError> {
        // `rediss://…/#insecure` would accept any certificate.
        let known = ["redis://", "rediss://"].iter().any(|scheme| text.starts_with(scheme)) && !text.contains('#');
        match text.into_connection_info() {
            Ok(_) if known => Ok(Self(text.to_owned().into())),
            _ => Err(ParseRedisUrlError),
        }
    }
}

impl RedisUrl {
    /// Of a setting that may be missing. An empty one is none: platforms set variables to nothing.
    pub fn of_setting(text: Option<&SecretString>) -> Result<Option<Self>, ParseRedisUrlError> {
        let text = text.map(ExposeSecret::expose_secret).filter(|text| !text.is_empty());
        text.map(str::parse).transpose()
    }

    /// Prepares connections, and does not connect.
    pub(crate) fn client(&self) -> redis::RedisResult<redis::Client> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Another thread may have been first; then there is one.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        redis::Client::open(self.0.expose_secret())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_redis_or_rediss_and_is_never_shown() {
        for url in ["redis://127.0.0.1", "redis://u:secret@h:6380/3", "rediss://:secret@redis.example:6380"] {
            let parsed: RedisUrl = url.parse().unwrap();
            assert!(!format!("{parsed:?}").contains("secret"));
        }
        for url in
            ["", "secret", "http://secret@h", "redis://h:port-secret", "unix:///secret", "rediss://secret@h/#insecure"]
        {
            let error = url.parse::<RedisUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{url}");
        }
    }

    #[test]
    fn an_empty_setting_is_none() {
        let setting = |text: &str| RedisUrl::of_setting(Some(&text.into()));
        assert!(RedisUrl::of_setting(None).unwrap().is_none() && setting("").unwrap().is_none());
        assert!(setting("redis://127.0.0.1").unwrap().is_some());
        assert!(setting("elsewhere").is_err());
    }

    #[tokio::test]
    async fn tls_finds_its_cryptography() {
        // Nobody listens there; the connection must fail for that reason and not for want of a provider (a panic).
        let client = "rediss://127.0.0.1:1".parse::<RedisUrl>().unwrap().client().unwrap();
        assert!(client.get_multiplexed_async_connection().await.unwrap_err().is_connection_refusal());
    }
}
