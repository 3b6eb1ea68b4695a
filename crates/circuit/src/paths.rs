//! Folders of this machine.

use std::{env, path::PathBuf};

/// Where downloaded tools and development data live: `VEILPASS_CACHE`, else `$XDG_CACHE_HOME/veilpass`, else
/// `~/.cache/veilpass`; without a home, `veilpass` in the folder for temporary files.
pub fn cache_dir() -> PathBuf {
    let of = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    of("VEILPASS_CACHE")
        .or_else(|| of("XDG_CACHE_HOME").map(|dir| dir.join("veilpass")))
        .or_else(|| of("HOME").map(|dir| dir.join(".cache/veilpass")))
        .unwrap_or_else(|| env::temp_dir().join("veilpass"))
}

/// The project's folder: `VEILPASS_ROOT`, which `./veilpass` sets, else where this binary was compiled.
pub fn workspace_root() -> PathBuf {
    env::var_os("VEILPASS_ROOT").map_or_else(
        || {
            let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
            root.pop();
            root.pop();
            root
        },
        PathBuf::from,
    )
}
