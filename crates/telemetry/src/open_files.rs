//! The number of files that this process may have open.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the soft limit of open files to `needed` if it is lower. Logs a warning if the hard limit forbids that: then
/// connections beyond it cannot be accepted.
pub fn allow_open_files(needed: u64) {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return };
    if soft >= needed {
        return;
    }
    let possible = needed.min(hard);
    let raised = setrlimit(Resource::RLIMIT_NOFILE, possible, hard);
    if raised.is_err() || possible < needed {
        tracing::warn!(needed, soft, hard, "too few files may be open: raise the limit (ulimit -n, LimitNOFILE=)");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_rises_to_what_is_needed_and_never_falls() {
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let soft_now = || getrlimit(Resource::RLIMIT_NOFILE).unwrap().0;
        setrlimit(Resource::RLIMIT_NOFILE, 256, hard).unwrap();
        allow_open_files(300);
        assert_eq!(soft_now(), 300);
        allow_open_files(200);
        assert_eq!(soft_now(), 300);
        allow_open_files(u64::MAX);
        assert_eq!(soft_now(), hard, "as many as there can be");
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
    }
}
