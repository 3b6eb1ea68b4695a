//! What must be found in no log, noted for a test that looks for it.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Mutex, PoisonError},
};

use anyhow::Context;

/// Secrets as they are used, in a file of mode 0600, if one is wanted: lines of a name, a tab and the secret in hexadecimal.
pub(super) struct Secrets(Option<Mutex<std::fs::File>>);

impl Secrets {
    /// Into a new file.
    pub(super) fn to_file(path: Option<&Path>) -> anyhow::Result<Self> {
        let file = path.map(|path| {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
            file.with_context(|| format!("cannot write {}", path.display()))
        });
        Ok(Self(file.transpose()?.map(Mutex::new)))
    }

    /// Notes bytes.
    pub(super) fn add(&self, name: &str, secret: &[u8]) {
        if let Some(file) = &self.0 {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            // A test that finds too few secrets fails.
            let _ = writeln!(file, "{name}\t{}", hex::encode(secret));
        }
    }

    /// Notes a text.
    pub(super) fn add_text(&self, name: &str, secret: &str) {
        self.add(name, secret.as_bytes());
    }
}
