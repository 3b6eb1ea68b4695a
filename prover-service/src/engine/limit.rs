//! The hard limit of a worker's memory: a control group of its own where this process may make one, else its address space.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::groups::{PREFIX, patiently, remove_of_dead_provers, remove_with_workers};

/// Least limit that a worker of the ownership circuit lives with, in bytes: below 48 MB of address space `bb` cannot allocate.
pub(crate) const LEAST_WORKER_MEMORY: u64 = 48_000_000;

/// What keeps a worker's memory below its limit.
#[derive(Clone, Debug)]
pub enum MemoryLimit {
    /// Nothing: for measurements.
    None,
    /// The kernel refuses it more address space than this many bytes.
    AddressSpace {
        /// The limit.
        bytes: u64,
    },
    /// The kernel ends it when its control group holds more than this many bytes.
    Cgroup {
        /// The limit.
        bytes: u64,
        /// Where workers' groups are made.
        parent: Arc<CgroupParent>,
    },
}

impl MemoryLimit {
    /// The strongest that this process may set. With the reason, if that is not a control group.
    pub fn strongest(bytes: u64) -> (Self, Option<String>) {
        match CgroupParent::create() {
            Ok(parent) => (Self::Cgroup { bytes, parent: Arc::new(parent) }, None),
            Err(why) => (Self::AddressSpace { bytes }, Some(why)),
        }
    }

    /// The limit, in bytes.
    pub fn bytes(&self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::AddressSpace { bytes } | Self::Cgroup { bytes, .. } => Some(*bytes),
        }
    }

    /// What enforces it.
    pub fn mechanism(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AddressSpace { .. } => "address space",
            Self::Cgroup { .. } => "control group",
        }
    }

    /// Removes the control groups that are left, once every worker was ended.
    pub(crate) fn clear(&self) {
        if let Self::Cgroup { parent, .. } = self {
            parent.remove();
        }
    }

    /// A new group for one worker.
    pub(super) fn cgroup(&self) -> io::Result<Option<WorkerCgroup>> {
        match self {
            Self::Cgroup { bytes, parent } => parent.worker(*bytes).map(Some),
            _ => Ok(None),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// The control group under which this process makes those of its workers.
#[derive(Debug)]
pub struct CgroupParent {
    dir: PathBuf,
    version: Version,
    made: AtomicU64,
}

/// The group of the memory controller that a process is in, from `/proc/PID/cgroup`: lines of `id:controllers:path`.
fn memory_group(cgroup_file: &str) -> Option<(Version, &str)> {
    let lines = || cgroup_file.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let v1 = lines().find(|(controllers, _)| controllers.split(',').any(|name| name == "memory"));
    let v2 = lines().find(|(controllers, _)| controllers.is_empty());
    v1.map(|(_, path)| (Version::V1, path)).or(v2.map(|(_, path)| (Version::V2, path)))
}

impl CgroupParent {
    fn create() -> Result<Self, String> {
        let root = Path::new("/sys/fs/cgroup");
        let file = fs::read_to_string("/proc/self/cgroup").map_err(|error| format!("/proc/self/cgroup: {error}"))?;
        let (version, path) =
            memory_group(&file).ok_or("this process is in no control group of the memory controller")?;
        let base = if version == Version::V1 { root.join("memory") } else { root.to_owned() };
        // In a container the path may be the host's, while the mount shows only our part of it.
        let own =
            [base.join(path.trim_start_matches('/')), base].into_iter().find(|dir| dir.join("cgroup.procs").is_file());
        let own = own.ok_or_else(|| format!("{} is not mounted here", root.display()))?;
        if version == Version::V2 {
            delegate_memory(&own)?;
        }
        remove_of_dead_provers(&own);
        let dir = own.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        let parent = Self { dir, version, made: AtomicU64::new(0) };
        if version == Version::V2 {
            write(&parent.dir.join("cgroup.subtree_control"), "+memory")?;
        }
        // Sees whether limits can be set, now rather than at the first proof.
        parent.worker(LEAST_WORKER_MEMORY).map_err(|error| format!("{}: {error}", parent.dir.display()))?;
        Ok(parent)
    }

    fn worker(&self, bytes: u64) -> io::Result<WorkerCgroup> {
        let group =
            WorkerCgroup { dir: self.dir.join(format!("worker-{}", self.made.fetch_add(1, Ordering::Relaxed))) };
        fs::create_dir(&group.dir)?;
        match self.version {
            Version::V1 => fs::write(group.dir.join("memory.limit_in_bytes"), bytes.to_string())?,
            Version::V2 => {
                fs::write(group.dir.join("memory.max"), bytes.to_string())?;
                // Not there without swap.
                let _ = fs::write(group.dir.join("memory.swap.max"), "0");
            }
        }
        Ok(group)
    }

    fn remove(&self) {
        patiently(|| remove_with_workers(&self.dir));
    }
}

impl Drop for CgroupParent {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Lets `own`'s children have limits of their own. The second version of control groups allows that only where no process
/// is: if we are the only one, we move into a child.
fn delegate_memory(own: &Path) -> Result<(), String> {
    let control = own.join("cgroup.subtree_control");
    if fs::read_to_string(&control).is_ok_and(|on| on.split_whitespace().any(|name| name == "memory")) {
        return Ok(());
    }
    let members = fs::read_to_string(own.join("cgroup.procs")).map_err(|error| error.to_string())?;
    if members.split_whitespace().any(|pid| pid != std::process::id().to_string()) {
        return Err(format!("other processes are in {}: give the prover a delegated group of its own", own.display()));
    }
    let service = own.join("veilpass-service");
    fs::create_dir_all(&service).map_err(|error| format!("{}: {error}", service.display()))?;
    write(&service.join("cgroup.procs"), "0")?;
    write(&control, "+memory")
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The control group of one worker. Removed when dropped, which must be after the worker was reaped.
#[derive(Debug)]
pub(super) struct WorkerCgroup {
    dir: PathBuf,
}

impl WorkerCgroup {
    /// Whether the kernel ended a member because the group was at its limit.
    pub(super) fn has_run_out(&self) -> bool {
        ["memory.events", "memory.oom_control"].iter().any(|file| {
            let text = fs::read_to_string(self.dir.join(file)).unwrap_or_default();
            text.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
        })
    }

    /// The file through which a process enters, by writing `0`.
    pub(super) fn membership(&self) -> io::Result<File> {
        File::options().write(true).open(self.dir.join("cgroup.procs"))
    }
}

impl Drop for WorkerCgroup {
    fn drop(&mut self) {
        patiently(|| fs::remove_dir(&self.dir));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prover_that_ends_leaves_no_group_behind() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("veilpass-prover-1");
        fs::create_dir_all(own.join("worker-3")).unwrap();
        let parent = Arc::new(CgroupParent { dir: own.clone(), version: Version::V1, made: AtomicU64::new(4) });
        // Whoever still holds it.
        let limit = MemoryLimit::Cgroup { bytes: 1, parent: Arc::clone(&parent) };
        limit.clear();
        assert!(!own.exists());
        limit.clear();
    }

    #[test]
    fn the_group_of_the_memory_controller_is_found_in_both_versions() {
        let v1 = "9:name=systemd:/\n4:memory:/a/b\n1:cpu,cpuacct:/\n0::/c\n";
        assert_eq!(memory_group(v1), Some((Version::V1, "/a/b")));
        assert_eq!(
            memory_group("0::/system.slice/prover.service\n"),
            Some((Version::V2, "/system.slice/prover.service"))
        );
        assert_eq!(memory_group("1:cpu:/x:y\n"), None);
    }
}
