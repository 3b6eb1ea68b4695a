//! `veilpass program build`: all artefacts, written or compared.

use std::{collections::BTreeMap, fs, path::Path, time::Instant};

use anyhow::bail;

use crate::{
    dependencies, idl,
    lock::{Artefact, Entry, LOCK_FILE, Lock, changed_files, changed_lines},
    pins,
    program::{PROGRAMS, Program},
    sbf::{self, Builder},
    sources,
    status::Inputs,
};

/// All files of a build, by their paths, and the lock that describes them.
struct Build {
    files: BTreeMap<String, Vec<u8>>,
    lock: Lock,
}

fn build(root: &Path) -> anyhow::Result<Build> {
    pins::check(root)?;
    let builder = Builder::find(root)?;
    let mut files = BTreeMap::new();
    let mut programs = BTreeMap::new();
    for program in &PROGRAMS {
        eprintln!("building {}", program.name);
        let since = Instant::now();
        let (entry, so, idl) = build_one(root, &builder, program)?;
        eprintln!("built {}: {} bytes, {:.0} s", program.name, so.len(), since.elapsed().as_secs_f64());
        files.insert(entry.so.path.clone(), so);
        files.insert(entry.idl.path.clone(), idl);
        programs.insert(program.name.to_owned(), entry);
    }
    // After building: the kit installs its compiler then.
    let lock = Lock::new(builder.describe(root)?, sbf::settings(), programs);
    Ok(Build { files, lock })
}

fn build_one(root: &Path, builder: &Builder, program: &Program) -> anyhow::Result<(Entry, Vec<u8>, Vec<u8>)> {
    // Before building: a file that is saved meanwhile must not count as built.
    let before = Inputs::of(root, program, &[])?;
    let built = builder.build(root, program, &dependencies::of(root, program)?.own_names())?;
    let idl = idl::generate(root, program)?.into_bytes();

    let also_reads = sources::read_beyond(&root.canonicalize()?, &built.dep_info, &before.files);
    let after = Inputs::of(root, program, &also_reads)?;
    if let Some(path) =
        before.files.iter().find_map(|(path, hash)| (after.files.get(path) != Some(hash)).then_some(path))
    {
        bail!("{path} changed while {} was built: build again", program.name);
    }
    let entry = Entry {
        so: Artefact::of(&program.so(), &built.so),
        idl: Artefact::of(&program.idl(), &idl),
        sources: sources::total(&after.files),
        also_reads,
        packages: after.packages,
        files: after.files,
        dependencies: after.dependencies,
    };
    Ok((entry, built.so, idl))
}

/// Writes what was built.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    let build = build(root)?;
    let lock = build.lock.text()?.into_bytes();
    for (path, content) in
        build.files.iter().map(|(path, content)| (path.as_str(), content)).chain([(LOCK_FILE, &lock)])
    {
        if fs::read(root.join(path)).is_ok_and(|committed| committed == *content) {
            println!("{path}: the same, byte for byte");
        } else {
            idl::write(root, Path::new(path), content)?;
            println!("wrote {path} ({} bytes)", content.len());
        }
    }
    Ok(())
}

/// Compares what was built with what is committed.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    // First what needs no build, so that a missing lock is said at once.
    let committed = Lock::read(root)?;
    let build = build(root)?;
    let mut found = Vec::new();
    for (path, content) in &build.files {
        match fs::read(root.join(path)) {
            Ok(committed) if committed == *content => println!("{path}: the same, byte for byte"),
            Ok(committed) => found.push(format!("{path}: {}", first_difference(&committed, content))),
            Err(error) => found.push(format!("{path}: {error}")),
        }
    }
    found.extend(explain(&committed, &build.lock));
    if found.is_empty() && fs::read_to_string(root.join(LOCK_FILE))? != build.lock.text()? {
        found.push(format!("{LOCK_FILE} is laid out differently"));
    }
    if !found.is_empty() {
        bail!(
            "the committed programs are not what was built now:\n  {}\n{}",
            found.join("\n  "),
            advice(&committed, &build.lock)
        );
    }
    println!("{LOCK_FILE}: the same, byte for byte");
    Ok(())
}

fn first_difference(committed: &[u8], built: &[u8]) -> String {
    let place = committed.iter().zip(built).position(|(a, b)| a != b).unwrap_or(committed.len().min(built.len()));
    format!("{} bytes committed, {} built, they differ from byte {place} on", committed.len(), built.len())
}

/// What differs between two locks, program by program.
fn explain(committed: &Lock, built: &Lock) -> Vec<String> {
    let mut found = changed_lines(&committed.tool, &built.tool);
    let settings = |lock: &Lock| lock.settings.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
    found.extend(changed_lines(&settings(committed), &settings(built)));
    for (name, now) in &built.programs {
        let Some(locked) = committed.programs.get(name) else {
            found.push(format!("{name}: not in the lock"));
            continue;
        };
        let files = changed_files(&locked.files, &now.files);
        let packages = changed_lines(&locked.packages, &now.packages);
        let dependencies = changed_lines(&locked.dependencies, &now.dependencies);
        found.extend(files.into_iter().chain(packages).chain(dependencies).map(|line| format!("{name}: {line}")));
    }
    found.extend(
        committed
            .programs
            .keys()
            .filter(|name| !built.programs.contains_key(*name))
            .map(|name| format!("{name}: no longer a program")),
    );
    found
}

fn advice(committed: &Lock, built: &Lock) -> String {
    if committed.tool == built.tool {
        return "run ./veilpass program build, and commit what it writes".to_owned();
    }
    format!(
        "the committed ones were built by {}: only that gives these bytes; to go over to the tools of this machine, run \
         ./veilpass program build, and commit what it writes",
        committed.tool.join(", ")
    )
}
