//! The front of the crate.

use std::{sync::Arc, time::Duration};

use sha2::{Digest, Sha256};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use uuid::Uuid;

use crate::{
    RedisUrl, Subscription,
    channels::Channels,
    link::{CONNECT_TIMEOUT, Link},
    memory::{MemoryStore, Name},
    redis_store::RedisStore,
    subscriber::{self, MESSAGE_BYTES, OUTBOX, Outgoing},
};

/// What is shared cannot be reached, or has no room: what must happen once must not happen now. Nothing was changed that
/// counts; a nonce that Redis took before its answer was lost stays spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what replicas share is unavailable")]
pub struct Unavailable;

/// Whether replicas share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedisState {
    /// This process is alone, and keeps everything in memory.
    NotConfigured,
    /// Redis answers.
    Up,
    /// Redis does not answer.
    Away,
}

/// The answer to [`SharedState::claim`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// There was nothing; now there is our value.
    Ours,
    /// Somebody was first, with this value.
    Held(Vec<u8>),
}

/// What replicas share. Cheap to clone.
#[derive(Clone)]
pub struct SharedState(Arc<Shared>);

struct Shared {
    backend: Backend,
    channels: Arc<Channels>,
    /// Aborted with the last clone.
    _tasks: JoinSet<()>,
}

enum Backend {
    Memory(MemoryStore),
    Redis { store: RedisStore, outbox: mpsc::Sender<Outgoing> },
}

impl SharedState {
    /// Keeps everything in this process, which must be the only one.
    pub fn in_memory() -> Self {
        let backend = Backend::Memory(MemoryStore::default());
        Self(Arc::new(Shared { backend, channels: Arc::default(), _tasks: JoinSet::new() }))
    }

    /// Shares by a Redis, or keeps everything in memory without one. Needs a tokio runtime. Returns after the first attempt
    /// to connect, whatever comes of it: a Redis that is away is tried again each second.
    ///
    /// # Errors
    /// If the client library cannot use the URL.
    pub async fn connect(url: Option<&RedisUrl>) -> anyhow::Result<Self> {
        let Some(url) = url else { return Ok(Self::in_memory()) };
        // The library's error may quote the URL.
        let client = url.client().map_err(|_| anyhow::anyhow!("{}", crate::ParseRedisUrlError))?;
        let (link, channels, sender) = (Link::new(), Arc::<Channels>::default(), Uuid::new_v4());
        let (outbox, outgoing) = mpsc::channel(OUTBOX);
        let (tried, first_attempt) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&link).keep(client.clone(), tried));
        tasks.spawn(subscriber::tell_others(Arc::clone(&link), sender, outgoing));
        tasks.spawn(subscriber::hear_others(client, sender, Arc::clone(&channels)));
        let _ = timeout(2 * CONNECT_TIMEOUT, first_attempt).await;
        let backend = Backend::Redis { store: RedisStore { link }, outbox };
        Ok(Self(Arc::new(Shared { backend, channels, _tasks: tasks })))
    }

    /// Whether replicas share at the moment.
    pub fn redis_state(&self) -> RedisState {
        match &self.0.backend {
            Backend::Memory(_) => RedisState::NotConfigured,
            Backend::Redis { store, .. } if store.link.is_up() => RedisState::Up,
            Backend::Redis { .. } => RedisState::Away,
        }
    }

    pub(crate) fn redis(&self) -> Option<&RedisStore> {
        match &self.0.backend {
            Backend::Memory(_) => None,
            Backend::Redis { store, .. } => Some(store),
        }
    }

    /// Remembers a key for this time. `true` the first time, for one caller of all replicas; `false` if it was there.
    ///
    /// # Errors
    /// If that cannot be known: then it must be treated as used.
    pub async fn put_once(&self, space: &'static str, key: &[u8], ttl: Duration) -> Result<bool, Unavailable> {
        match &self.0.backend {
            Backend::Memory(memory) => memory.put_once(space, name(key), ttl),
            Backend::Redis { store, .. } => store.put_once(space, &name(key), ttl).await,
        }
    }

    /// Keeps a value under a key for this time, in place of the value before.
    pub async fn put_value(
        &self,
        space: &'static str,
        key: &[u8],
        value: &[u8],
        ttl: Duration,
    ) -> Result<(), Unavailable> {
        match &self.0.backend {
            Backend::Memory(memory) => memory.put(space, name(key), value, ttl),
            Backend::Redis { store, .. } => store.put(space, &name(key), value, ttl).await,
        }
    }

    /// Takes the value of a key away: one caller of all replicas gets it.
    ///
    /// # Errors
    /// If Redis is away. The value may be gone then: its answer may have been lost.
    pub async fn take_value(&self, space: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Unavailable> {
        match &self.0.backend {
            Backend::Memory(memory) => Ok(memory.take(space, &name(key))),
            Backend::Redis { store, .. } => store.take(space, &name(key)).await,
        }
    }

    /// The value of a key.
    pub async fn get_value(&self, space: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, Unavailable> {
        match &self.0.backend {
            Backend::Memory(memory) => Ok(memory.get(space, &name(key))),
            Backend::Redis { store, .. } => store.get(space, &name(key)).await,
        }
    }

    /// Puts a value where there is none, or says which is there. In memory, what is older than `spare` may be forgotten to
    /// make room: for records that are kept for convenience, never for what must not be used twice.
    pub async fn claim(
        &self,
        space: &'static str,
        key: &[u8],
        value: &[u8],
        ttl: Duration,
        spare: Duration,
    ) -> Result<Claim, Unavailable> {
        match &self.0.backend {
            Backend::Memory(memory) => memory.claim(space, name(key), value, ttl, spare),
            Backend::Redis { store, .. } => store.claim(space, &name(key), value, ttl).await,
        }
    }

    /// Puts `to` (value and life) in the place of `from`, or removes `from`. `false` if another value is there, or none.
    /// `spare` as for [`SharedState::claim`].
    pub async fn replace(
        &self,
        space: &'static str,
        key: &[u8],
        from: &[u8],
        to: Option<(&[u8], Duration)>,
        spare: Duration,
    ) -> Result<bool, Unavailable> {
        match &self.0.backend {
            Backend::Memory(memory) => memory.replace(space, name(key), from, to, spare),
            Backend::Redis { store, .. } => store.replace(space, &name(key), from, to).await,
        }
    }

    /// Sends a message to the subscribers of a channel, here and in all replicas. Best effort: never blocks, and what
    /// cannot be sent at once, or is longer than 64 kB, is dropped.
    pub fn publish(&self, channel: &str, message: Vec<u8>) {
        let dropped = |reason| metrics::counter!("veilpass_messages_dropped_total", "reason" => reason).increment(1);
        if message.len() > MESSAGE_BYTES {
            return dropped("too long");
        }
        self.0.channels.deliver(channel, &message);
        if let Backend::Redis { outbox, .. } = &self.0.backend
            && outbox.try_send(Outgoing { channel: channel.to_owned(), message }).is_err()
        {
            dropped("too many");
        }
    }

    /// Listens to a channel from now on.
    pub fn subscribe(&self, channel: &str) -> Subscription {
        self.0.channels.subscribe(channel)
    }

    /// Frees what has expired.
    pub fn drop_expired(&self) {
        if let Backend::Memory(memory) = &self.0.backend {
            memory.drop_expired();
        }
    }
}

fn name(key: &[u8]) -> Name {
    Sha256::digest(key).into()
}
