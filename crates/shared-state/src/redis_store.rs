//! The same operations as in memory, as commands of Redis.

use std::{sync::Arc, time::Duration};

use redis::cmd;

use crate::{Claim, Unavailable, link::Link, memory::Name, script};

/// What all keys begin with. The version changes with the meaning of values.
pub(crate) const PREFIX: &str = "veilpass:v1:";

pub(crate) struct RedisStore {
    pub(crate) link: Arc<Link>,
}

pub(crate) fn key(space: &str, name: &Name) -> String {
    let mut key = format!("{PREFIX}{space}:");
    for byte in name {
        key.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or_default());
        key.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or_default());
    }
    key
}

/// Redis refuses a life of zero.
fn milliseconds(ttl: Duration) -> u64 {
    u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).clamp(1, i64::MAX as u64 / 2)
}

impl RedisStore {
    pub(crate) async fn put_once(&self, space: &str, name: &Name, ttl: Duration) -> Result<bool, Unavailable> {
        self.set_new(&key(space, name), &[], ttl).await
    }

    async fn set_new(&self, key: &str, value: &[u8], ttl: Duration) -> Result<bool, Unavailable> {
        let mut set = cmd("SET");
        set.arg(key).arg(value).arg("NX").arg("PX").arg(milliseconds(ttl));
        let done = self.link.run(async |mut link| set.query_async::<Option<String>>(&mut link).await).await?;
        Ok(done.is_some())
    }

    pub(crate) async fn put(&self, space: &str, name: &Name, value: &[u8], ttl: Duration) -> Result<(), Unavailable> {
        let mut set = cmd("SET");
        set.arg(key(space, name)).arg(value).arg("PX").arg(milliseconds(ttl));
        self.link.run(async |mut link| set.query_async::<()>(&mut link).await).await
    }

    pub(crate) async fn take(&self, space: &str, name: &Name) -> Result<Option<Vec<u8>>, Unavailable> {
        let mut take = cmd("GETDEL");
        take.arg(key(space, name));
        self.link.run(async |mut link| take.query_async(&mut link).await).await
    }

    pub(crate) async fn get(&self, space: &str, name: &Name) -> Result<Option<Vec<u8>>, Unavailable> {
        self.get_key(&key(space, name)).await
    }

    async fn get_key(&self, key: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        let mut get = cmd("GET");
        get.arg(key);
        self.link.run(async |mut link| get.query_async(&mut link).await).await
    }

    pub(crate) async fn claim(
        &self,
        space: &str,
        name: &Name,
        value: &[u8],
        ttl: Duration,
    ) -> Result<Claim, Unavailable> {
        let key = key(space, name);
        // Between the two commands the one who holds it may give it up; then it is tried once more.
        for _ in 0..2 {
            if self.set_new(&key, value, ttl).await? {
                return Ok(Claim::Ours);
            }
            if let Some(held) = self.get_key(&key).await? {
                return Ok(Claim::Held(held));
            }
        }
        Err(Unavailable)
    }

    pub(crate) async fn replace(
        &self,
        space: &str,
        name: &Name,
        from: &[u8],
        to: Option<(&[u8], Duration)>,
    ) -> Result<bool, Unavailable> {
        let (value, ttl) = to.map_or((&[][..], 0), |(value, ttl)| (value, milliseconds(ttl)));
        let mut replace = script::REPLACE.key(key(space, name));
        replace.arg(from).arg(value).arg(ttl);
        self.link.run(async |mut link| replace.invoke_async(&mut link).await).await
    }
}
