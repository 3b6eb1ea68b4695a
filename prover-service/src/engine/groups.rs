//! Removing control groups, which go only when nobody is in them.

use std::{fs, io, path::Path, thread::sleep, time::Duration};

/// Of a prover's group; its process id follows.
pub(super) const PREFIX: &str = "veilpass-prover-";

/// Removes the group of a prover with those of its workers, unless one of them has a process.
pub(super) fn remove_with_workers(dir: &Path) -> io::Result<()> {
    for worker in fs::read_dir(dir)?.flatten() {
        // Its files go with it.
        let _ = fs::remove_dir(worker.path());
    }
    fs::remove_dir(dir)
}

/// Tries for a moment: the kernel lets go of a process that ended a little later.
pub(super) fn patiently(remove: impl Fn() -> io::Result<()>) {
    for _ in 0..20 {
        match remove() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                sleep(Duration::from_millis(5));
            }
            _ => return,
        }
    }
}

/// A prover that was killed could not remove its groups. Those that still have processes stay.
pub(super) fn remove_of_dead_provers(own: &Path) {
    let groups = fs::read_dir(own).into_iter().flatten().flatten();
    for group in groups {
        let name = group.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix(PREFIX) else { continue };
        if Path::new("/proc").join(pid).exists() {
            continue;
        }
        let _ = remove_with_workers(&group.path());
    }
}
