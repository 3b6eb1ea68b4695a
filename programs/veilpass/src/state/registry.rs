//! A registry: the roots that proofs may be made under.

use anchor_lang::prelude::*;

use crate::error::VeilpassError;

/// Roots that a registry remembers.
pub const ROOT_RING: usize = 64;

/// A registry, at the address of `["registry", registry_id]`.
#[account(zero_copy)]
pub struct Registry {
    /// Sets the publisher, pauses, revokes, hands over.
    pub authority: Pubkey,
    /// Who was offered the registry; the default address for nobody.
    pub offered_to: Pubkey,
    /// Publishes and revokes roots.
    pub publisher: Pubkey,
    /// The registry's number, a field element: public input 0 of every proof.
    pub registry_id: [u8; 32],
    /// Length of an epoch, in seconds.
    pub epoch_length_seconds: u64,
    /// For how long after its end an epoch is accepted, in seconds.
    pub epoch_grace_seconds: u64,
    /// For how long a root is accepted, in seconds.
    pub root_lifetime_seconds: u64,
    /// Sequence number of the newest root; 0 before the first.
    pub sequence: u64,
    /// Roots before this one are revoked.
    pub min_root_sequence: u64,
    /// 1 if verification is stopped.
    pub paused: u8,
    /// Bump of the address.
    pub bump: u8,
    pub padding: [u8; 6],
    /// Root `s` is at `s` modulo the length.
    pub roots: [RootEntry; ROOT_RING],
}

/// A published root.
#[zero_copy]
pub struct RootEntry {
    pub root: [u8; 32],
    pub sequence: u64,
    /// The slot it was set in.
    pub slot: u64,
    /// Seconds since the Unix epoch.
    pub expires_at: i64,
}

impl Registry {
    /// First seed of the address.
    pub const SEED: &[u8] = b"registry";
    /// Bytes of the account.
    pub const SPACE: usize = 8 + size_of::<Self>();

    /// Adds a root after the newest. Returns its entry.
    pub fn push_root(&mut self, root: [u8; 32], clock: &Clock) -> Result<RootEntry> {
        let lifetime = i64::try_from(self.root_lifetime_seconds).map_err(|_| VeilpassError::RootLifetime)?;
        self.sequence += 1;
        let entry = RootEntry {
            root,
            sequence: self.sequence,
            slot: clock.slot,
            expires_at: clock.unix_timestamp.checked_add(lifetime).ok_or(VeilpassError::RootLifetime)?,
        };
        self.roots[(self.sequence % ROOT_RING as u64) as usize] = entry;
        Ok(entry)
    }

    /// Ends all roots before `sequence`.
    pub fn revoke_before(&mut self, sequence: u64) -> Result<()> {
        require!((self.min_root_sequence..=self.sequence).contains(&sequence), VeilpassError::RevocationRange);
        self.min_root_sequence = sequence;
        Ok(())
    }

    /// Whether proofs under this root are accepted at this time.
    pub fn check_root(&self, sequence: u64, root: &[u8; 32], unix_seconds: i64) -> Result<()> {
        let entry = &self.roots[(sequence % ROOT_RING as u64) as usize];
        require!(sequence != 0 && entry.sequence == sequence && entry.root == *root, VeilpassError::UnknownRoot);
        require!(sequence >= self.min_root_sequence, VeilpassError::RootRevoked);
        require!(unix_seconds < entry.expires_at, VeilpassError::RootExpired);
        Ok(())
    }

    /// Whether proofs for an epoch are accepted at this time: the current one, or the previous one within the grace.
    pub fn accepts_epoch(&self, epoch: u64, unix_seconds: i64) -> bool {
        let Ok(now) = u64::try_from(unix_seconds) else { return false };
        let current = now / self.epoch_length_seconds;
        epoch == current
            || (epoch.checked_add(1) == Some(current) && now % self.epoch_length_seconds < self.epoch_grace_seconds)
    }

    /// Whether an epoch can never be accepted again, as time only goes forward: with the next one its grace is over too.
    pub fn is_epoch_over(&self, epoch: u64, unix_seconds: i64) -> bool {
        let Ok(now) = u64::try_from(unix_seconds) else { return false };
        epoch.checked_add(1).is_some_and(|next| next < now / self.epoch_length_seconds)
    }
}
