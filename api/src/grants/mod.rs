//! Session grants: short-lived tokens for whoever proved ownership, bound to the session key of the proof's context.

mod key;
mod ring;
mod token;

use std::{sync::Arc, time::Duration};

use moka::future::Cache;
use uuid::Uuid;
use veilpass_protocol::{ContextPreimage, Epoch, EpochPolicy, MasterKey, RegistryId, TrackId, unix_now};
use veilpass_store::{NewGrant, RevokedGrants, Store, StoreError};
use veilpass_telemetry::alert;

use self::key::{GrantSigner, KeySeal, WrongMasterKey};
pub(crate) use self::{
    ring::KeyRing,
    token::{Claims, Confirmation},
};
use crate::problem::Problem;

/// For how long a replica goes by the keys that it read.
const RING_LIFETIME: Duration = Duration::from_secs(1);
/// How often what has expired is removed.
const UPKEEP: Duration = Duration::from_secs(60);

/// How grants are issued.
#[derive(Clone, Debug)]
pub struct GrantPolicy {
    /// Claim `iss`.
    pub issuer: String,
    /// For how long a grant is good, at most.
    pub lifetime: Duration,
    /// For how long a key signs.
    pub key_period: Duration,
    /// For how long a key is published before it signs.
    pub key_lead: Duration,
    /// For how long verifiers may keep the published keys.
    pub jwks_max_age: Duration,
}

/// Issues grants and says which count.
pub(crate) struct Grants {
    store: Store,
    seal: KeySeal,
    policy: GrantPolicy,
    rings: Cache<(), Arc<KeyRing>>,
}

/// What a grant follows from.
pub(crate) struct Subject<'a> {
    pub(crate) verification: Uuid,
    pub(crate) registry_id: RegistryId,
    pub(crate) track_id: TrackId,
    pub(crate) epoch: Epoch,
    pub(crate) epochs: EpochPolicy,
    /// Checked: the proof is bound to it.
    pub(crate) context: &'a ContextPreimage,
}

/// A grant to be given away.
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) jti: Uuid,
    /// Seconds since the Unix epoch.
    pub(crate) expires_at: u64,
}

/// Why there is no grant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GrantError {
    #[error("the session was ended, or its verification does not hold any more")]
    Ended,
    #[error(transparent)]
    WrongMasterKey(#[from] WrongMasterKey),
    #[error("there is no key that signs")]
    NoKey,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Of a query that several requests waited for.
    #[error(transparent)]
    Shared(#[from] Arc<GrantError>),
}

impl Grants {
    pub(crate) fn new(store: Store, master_key: &MasterKey, policy: GrantPolicy) -> Self {
        let rings = Cache::builder().max_capacity(1).time_to_live(RING_LIFETIME).build();
        Self { store, seal: KeySeal::new(master_key), policy, rings }
    }

    pub(crate) fn policy(&self) -> &GrantPolicy {
        &self.policy
    }

    /// Sees to it that there are keys. A database that is away is no reason not to start.
    ///
    /// # Errors
    /// If the master key is not the one that the stored keys were sealed with.
    pub(crate) async fn prepare(&self) -> Result<(), WrongMasterKey> {
        match self.load().await {
            Ok(ring) => tracing::info!(kid = ring.signer.kid(), "session grants are signed with this key"),
            Err(GrantError::WrongMasterKey(error)) => return Err(error),
            Err(error) => tracing::warn!(%error, "the keys of session grants cannot be read now"),
        }
        Ok(())
    }

    /// Removes what has expired, from time to time, and has the next key made. Never ends.
    pub(crate) async fn maintain(&self) {
        let mut tick = tokio::time::interval(UPKEEP);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.maintain_once().await {
                tracing::warn!(%error, "upkeep of session grants");
            }
        }
    }

    async fn maintain_once(&self) -> Result<(), GrantError> {
        self.ring().await?;
        while self.store.remove_expired_grants().await? > 0 {}
        Ok(self.store.retire_grant_keys().await?)
    }

    /// The keys that count, as of a second ago at most.
    pub(crate) async fn ring(&self) -> Result<Arc<KeyRing>, GrantError> {
        Ok(self.rings.try_get_with((), async { self.load().await.map(Arc::new) }).await?)
    }

    async fn load(&self) -> Result<KeyRing, GrantError> {
        // First the key that signs, then the next: each round adds one, or somebody else did.
        for _ in 0..4 {
            let ring = KeyRing::new(&self.store.grant_keys().await?, &self.seal)?;
            if let Some(ring) = ring {
                return Ok(ring);
            }
            let signer = GrantSigner::generate();
            let key = self.seal.seal(&signer);
            if self.store.add_grant_key(&key, self.policy.key_period, self.policy.key_lead).await? {
                tracing::info!(kid = signer.kid(), "a new key for session grants");
            }
        }
        Err(GrantError::NoKey)
    }

    /// Issues a grant.
    pub(crate) async fn issue(&self, subject: &Subject<'_>) -> Result<Issued, GrantError> {
        let now = unix_now();
        let exp = (now + self.policy.lifetime.as_secs())
            .min(subject.context.expires_at)
            .min(subject.epochs.accepted_until(subject.epoch));
        let (cnf, sub) = Confirmation::of(&subject.context.session_public_key);
        let claims = Claims {
            iss: self.policy.issuer.clone(),
            sub,
            aud: subject.context.audience.clone(),
            cnf,
            registry_id: subject.registry_id,
            track_id: subject.track_id,
            epoch: subject.epoch,
            iat: now,
            nbf: now,
            exp,
            jti: Uuid::new_v4(),
        };
        // Once more, since the key may have been dropped within the last second.
        for _ in 0..2 {
            let ring = self.ring().await?;
            let (jti, kid) = (claims.jti, ring.signer.kid());
            let grant = NewGrant { jti, verification: subject.verification, kid, expires_at: exp };
            if self.store.record_grant(&grant).await? {
                tracing::info!(%jti, "session grant");
                return Ok(Issued { token: token::encode(&claims, &ring.signer), jti, expires_at: exp });
            }
            self.rings.invalidate(&()).await;
        }
        Err(GrantError::Ended)
    }

    /// The claims of a token that counts now. `None`: not a token of ours, expired, revoked, or its verification does not
    /// hold any more.
    pub(crate) async fn inspect(&self, token: &str) -> Result<Option<Claims>, GrantError> {
        let Some(claims) = self.read(token).await? else { return Ok(None) };
        let Some(verification) = self.store.live_grant(claims.jti).await? else { return Ok(None) };
        let status = self.store.verification_status(verification).await?;
        Ok(status.is_some_and(|status| status.holds() && !status.grants_revoked).then_some(claims))
    }

    /// Revokes a token, if it is one of ours that has not expired.
    pub(crate) async fn revoke(&self, token: &str) -> Result<(), GrantError> {
        if let Some(claims) = self.read(token).await? {
            self.store.revoke_grant(claims.jti).await?;
            tracing::info!(jti = %claims.jti, "session grant revoked by its holder");
        }
        Ok(())
    }

    /// Revokes one grant by its name.
    pub(crate) async fn revoke_one(&self, jti: Uuid) -> Result<Option<RevokedGrants>, StoreError> {
        self.store.revoke_grant(jti).await
    }

    /// Ends a session: revokes its grants and issues no more.
    pub(crate) async fn revoke_session(&self, verification: Uuid) -> Result<Option<RevokedGrants>, StoreError> {
        self.store.revoke_grants_of(verification).await
    }

    /// Lets the next key sign as soon as verifiers had time to learn of it; with `drop_old` all keys are replaced at once,
    /// and every grant so far is void.
    pub(crate) async fn rotate(&self, drop_old: bool) -> Result<Arc<KeyRing>, GrantError> {
        if drop_old {
            self.store.replace_grant_keys(&self.seal.seal(&GrantSigner::generate())).await?;
        } else {
            self.store.hasten_grant_key(self.policy.key_lead).await?;
        }
        self.rings.invalidate(&()).await;
        self.ring().await
    }

    async fn read(&self, token: &str) -> Result<Option<Claims>, GrantError> {
        let ring = self.ring().await?;
        let claims = token::decode(token, |kid| ring.public_key(kid));
        Ok(claims.filter(|claims| claims.exp > unix_now()))
    }
}

impl From<&GrantError> for Problem {
    fn from(error: &GrantError) -> Self {
        match error {
            GrantError::Ended => Self::session_ended(),
            GrantError::Store(error) => error.into(),
            GrantError::Shared(error) => (&**error).into(),
            GrantError::WrongMasterKey(_) | GrantError::NoKey => {
                alert("grant_keys", format_args!("no session grant is issued or checked: {error}"));
                Self::unavailable("session grants cannot be issued or checked at the moment")
            }
        }
    }
}

impl From<GrantError> for Problem {
    fn from(error: GrantError) -> Self {
        Self::from(&error)
    }
}
