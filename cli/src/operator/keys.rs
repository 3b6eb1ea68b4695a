//! Key files, as solana-keygen writes them.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, anyhow, ensure};
use solana_keypair::{Keypair, read_keypair_file, write_keypair_file};

/// Reads a key. Refuses a file that others may read, and never repeats its content.
pub fn load_key(path: &Path) -> anyhow::Result<Keypair> {
    let shown = path.display();
    let mode = fs::metadata(path).with_context(|| format!("the key file {shown}"))?.permissions().mode() & 0o777;
    ensure!(mode & 0o077 == 0, "{shown} can be read by others (mode {mode:03o}): run chmod 600 on it");
    // The error of the reader may show what it read.
    read_keypair_file(path).map_err(|_| anyhow!("{shown} does not hold a Solana key, as solana-keygen writes it"))
}

/// Reads a key, or makes one of mode 0600 if there is no file.
pub fn load_or_create_key(path: &Path) -> anyhow::Result<Keypair> {
    if !path.exists() {
        let key = Keypair::new();
        write_keypair_file(&key, path).map_err(|_| anyhow!("cannot write a key to {}", path.display()))?;
    }
    load_key(path)
}

#[cfg(test)]
mod tests {
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.json");
        let made = load_or_create_key(&path).unwrap();
        assert_eq!(load_or_create_key(&path).unwrap().pubkey(), made.pubkey());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(load_key(&path).unwrap_err().to_string().contains("chmod 600"));
        let wrong = dir.path().join("wrong.json");
        fs::write(&wrong, "[1,2,271]").unwrap();
        fs::set_permissions(&wrong, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(!format!("{:#}", load_key(&wrong).unwrap_err()).contains("271"));
    }
}
