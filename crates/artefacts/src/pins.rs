//! Anchor is pinned in `pins.env`, like every version that must match another: the lock file has that one or none.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

/// What `pins.env` calls the version, and the package that has it.
const PINNED: [(&str, &str); 2] = [("ANCHOR_VERSION", "anchor-lang"), ("ANCHOR_IDL_VERSION", "anchor-lang-idl")];

/// Every way in which `Cargo.lock` does not have the pinned Anchor.
pub(crate) fn differences(root: &Path) -> anyhow::Result<Vec<String>> {
    let read = |name: &str| fs::read_to_string(root.join(name)).with_context(|| format!("cannot read {name}"));
    // Of the checkout that is built, which need not be the one that this was compiled from.
    Ok(compare(&read("pins.env")?, &read("Cargo.lock")?))
}

/// Fails if there is one.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    let found = differences(root)?;
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}

fn compare(pins: &str, lock: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (key, package) in PINNED {
        let pinned = pins.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=')).unwrap_or("nothing");
        let locked = versions(lock, package);
        if locked != [pinned] {
            let locked = if locked.is_empty() { "none".to_owned() } else { locked.join(" and ") };
            found.push(format!(
                "Cargo.lock has {package} {locked}, but pins.env says {key}={pinned}: change one of them"
            ));
        }
    }
    found
}

/// The versions of a package in a lock file, as cargo writes them: `name`, then `version`.
fn versions<'a>(lock: &'a str, package: &str) -> Vec<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    let mut found = Vec::new();
    while lines.any(|line| line == name) {
        found.extend(lines.next().and_then(|line| line.strip_prefix("version = \"")?.strip_suffix('"')));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINS: &str = "BB_VERSION=1\nANCHOR_VERSION=1.2.2\nANCHOR_IDL_VERSION=0.1.4\n";

    fn lock(packages: &[(&str, &str)]) -> String {
        packages
            .iter()
            .map(|(name, version)| format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n"))
            .collect()
    }

    #[test]
    fn the_pinned_versions_pass_and_others_are_named() {
        assert!(compare(PINS, &lock(&[("anchor-lang", "1.2.2"), ("anchor-lang-idl", "0.1.4")])).is_empty());
        let other = compare(PINS, &lock(&[("anchor-lang", "1.3.0"), ("anchor-lang-idl", "0.1.4")]));
        assert_eq!(
            other,
            ["Cargo.lock has anchor-lang 1.3.0, but pins.env says ANCHOR_VERSION=1.2.2: change one of them"]
        );
    }

    #[test]
    fn a_second_version_none_and_a_pin_that_is_missing_are_differences() {
        let idl = ("anchor-lang-idl", "0.1.4");
        let two = compare(PINS, &lock(&[("anchor-lang", "1.2.2"), ("anchor-lang", "1.3.0"), idl]));
        assert!(two.len() == 1 && two[0].contains("1.2.2 and 1.3.0"), "{two:?}");
        let none = compare(PINS, &lock(&[idl]));
        assert!(none.len() == 1 && none[0].contains("anchor-lang none"), "{none:?}");
        let unpinned = compare("", &lock(&[("anchor-lang", "1.2.2"), idl]));
        assert_eq!(unpinned.len(), 2, "{unpinned:?}");
    }
}
