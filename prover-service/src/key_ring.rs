//! The keys that a prover opens envelopes with: the one that clients are to seal to, and those whose place it has taken.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::sync::Notify;
use veilpass_protocol::{ProverKeyId, unix_now};
use veilpass_sealing::ProverSecretKey;

use crate::{
    key_file::{KeyFileError, load_or_create_key, read_key},
    key_rotation::{LAST_JOBS, forget_second_name, retiring_files, wipe},
};

/// A key, and until when clients may seal to it.
pub(crate) struct HeldKey {
    secret: ProverSecretKey,
    public_key: [u8; 32],
    /// In Unix seconds. None: no newer key has taken its place.
    retires_at: Option<u64>,
}

impl HeldKey {
    fn new(secret: ProverSecretKey, retires_at: Option<u64>) -> Arc<Self> {
        let public_key = secret.public_key().to_bytes();
        Arc::new(Self { secret, public_key, retires_at })
    }

    pub(crate) fn secret(&self) -> &ProverSecretKey {
        &self.secret
    }

    pub(crate) fn public_key(&self) -> [u8; 32] {
        self.public_key
    }

    pub(crate) fn id(&self) -> ProverKeyId {
        ProverKeyId::of_public_key(&self.public_key)
    }

    /// For how long clients may seal to it; none: without an end.
    pub(crate) fn remaining(&self) -> Option<Duration> {
        self.retires_at.map(|at| Duration::from_secs(at.saturating_sub(unix_now())))
    }
}

/// The keys of a prover.
pub(crate) struct KeyRing {
    file: PathBuf,
    /// Those that retire, the soonest first; then the active one.
    keys: RwLock<Vec<Arc<HeldKey>>>,
    look: Notify,
}

impl KeyRing {
    /// Reads the key file and what is beside it; draws a key if there is none.
    pub(crate) fn load(file: &Path) -> Result<Self, KeyFileError> {
        let keys = read_keys(file, load_or_create_key(file)?)?;
        Ok(Self { file: file.to_owned(), keys: RwLock::new(keys), look: Notify::new() })
    }

    /// All keys, those that retire first.
    pub(crate) fn held(&self) -> Vec<Arc<HeldKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The key that clients are to seal to.
    pub(crate) fn active(&self) -> Arc<HeldKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys[keys.len() - 1])
    }

    /// Reads the files again, and wipes what has retired. If they cannot be read the keys stay as they are.
    pub(crate) fn reload(&self) {
        let keys = read_key(&self.file).and_then(|active| match active {
            Some(active) => read_keys(&self.file, active),
            None => Err(KeyFileError::Gone { path: self.file.clone() }),
        });
        let keys = match keys {
            Ok(keys) => keys,
            Err(error) => return tracing::error!(%error, "the keys cannot be read again"),
        };
        let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let ids = |keys: &[Arc<HeldKey>]| keys.iter().map(|key| key.id()).collect::<Vec<_>>();
        if ids(&held) != ids(&keys) {
            let active = keys.last().map(|key| key.id().to_string());
            tracing::info!(active, retiring = keys.len() - 1, "the keys have changed");
        }
        *held = keys;
    }

    /// Asks whoever waits for [`Self::rotated`] to look at the files.
    pub(crate) fn look(&self) {
        self.look.notify_one();
    }

    /// Completes when the files should be looked at.
    pub(crate) async fn rotated(&self) {
        self.look.notified().await;
    }
}

/// The keys beside the one in the file, then that.
fn read_keys(file: &Path, active: ProverSecretKey) -> Result<Vec<Arc<HeldKey>>, KeyFileError> {
    let active = HeldKey::new(active, None);
    let mut retiring = retiring_files(file)?;
    retiring.sort();
    let mut keys = Vec::new();
    for (retires_at, path) in retiring {
        match read_key(&path).map(|key| key.map(|key| HeldKey::new(key, Some(retires_at)))) {
            // A rotation that is under way, or was cut off: another name of the key file.
            Ok(Some(key)) if key.id() == active.id() => forget_second_name(file, &path),
            Ok(Some(_)) if unix_now() >= retires_at.saturating_add(LAST_JOBS.as_secs()) => wipe(&path),
            Ok(Some(key)) => keys.push(key),
            // Wiped by another prover just now.
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a key that retires cannot be read"),
        }
    }
    keys.push(active);
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::key_rotation::rotate_key;

    #[test]
    fn a_rotation_keeps_the_key_before_until_it_has_retired() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let ring = KeyRing::load(&file).unwrap();
        let first = ring.active().id();
        let (second, retires_at) = rotate_key(&file, Duration::from_secs(600)).unwrap();
        assert_eq!(ring.active().id(), first, "not before it looks");
        ring.reload();
        let held: Vec<_> = ring.held().iter().map(|key| (key.id(), key.remaining().is_some())).collect();
        assert_eq!(held, [(first, true), (second, false)]);
        assert!(ring.held()[0].remaining().unwrap() <= Duration::from_secs(600));
        let old = dir.path().join(format!("key.retires-{retires_at}"));
        assert_eq!(fs::metadata(&old).unwrap().permissions().mode() & 0o777, 0o600);
        // The same keys after a restart.
        assert_eq!(KeyRing::load(&file).unwrap().held().len(), 2);

        // Clients may not seal to it any more, but their last jobs are proved.
        let recently = dir.path().join(format!("key.retires-{}", unix_now() - 1));
        fs::rename(&old, &recently).unwrap();
        ring.reload();
        assert_eq!(ring.held()[0].remaining(), Some(Duration::ZERO));
        let long_ago = dir.path().join(format!("key.retires-{}", unix_now() - LAST_JOBS.as_secs() - 1));
        fs::rename(&recently, &long_ago).unwrap();
        // Another name of the same file, to see what became of its bytes.
        let witness = dir.path().join("witness");
        fs::hard_link(&long_ago, &witness).unwrap();
        ring.reload();
        assert!(ring.held().len() == 1 && !long_ago.exists());
        assert_eq!(fs::read_to_string(&witness).unwrap(), "0".repeat(64));
    }

    #[test]
    fn a_rotation_that_fails_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let ring = KeyRing::load(&file).unwrap();
        fs::write(dir.path().join("key.new"), "of another rotation").unwrap();
        assert!(rotate_key(&file, Duration::from_secs(600)).is_err());
        let before = ring.active().id();
        ring.reload();
        assert_eq!((ring.active().id(), ring.held().len()), (before, 1));
        fs::write(&file, "damaged").unwrap();
        ring.reload();
        assert_eq!(ring.active().id(), before, "what cannot be read does not replace what works");
        fs::remove_file(&file).unwrap();
        ring.reload();
        assert_eq!(ring.active().id(), before);
        assert!(!file.exists(), "no key is drawn in the place of one that is missing");
    }

    #[test]
    fn a_rotation_that_was_cut_off_costs_no_key() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("key");
        let ring = KeyRing::load(&file).unwrap();
        let first = ring.active();
        // It has the second name of the key, and was to take its place.
        let second = dir.path().join(format!("key.retires-{}", unix_now() - LAST_JOBS.as_secs() - 1));
        fs::hard_link(&file, &second).unwrap();
        fs::write(dir.path().join("key.new"), "").unwrap();
        ring.reload();
        assert!(second.exists(), "it may still be under way");
        fs::remove_file(dir.path().join("key.new")).unwrap();
        ring.reload();
        assert!(!second.exists(), "it is not");
        assert!(rotate_key(&file, Duration::from_secs(600)).is_ok());
        ring.reload();
        let held = ring.held();
        assert_eq!((held.len(), held[0].public_key()), (2, first.public_key()), "the key before is still one");
    }
}
