//! A table of figures in a README, written by a bench and held to what it measures.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, ensure};

/// A measured value that is the same, or nearly, on every machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// As in the JSON lines.
    pub name: &'static str,
    /// What was measured.
    pub value: u64,
    /// Of what.
    pub unit: &'static str,
    /// How far, in percent, a measurement may be from the table; 0 for what is deterministic.
    pub tolerance: u64,
}

impl Figure {
    /// What is the same wherever and however often it is measured.
    pub fn exact(name: &'static str, value: u64, unit: &'static str) -> Self {
        Self { name, value, unit, tolerance: 0 }
    }

    /// Compute units, which vary a little from proof to proof. The tolerance is in percent.
    pub fn compute_units(name: &'static str, value: u64, tolerance: u64) -> Self {
        Self { name, value, unit: "CU", tolerance }
    }
}

const START: &str = "<!-- figures: written by ./veilpass bench chain --write-table -->";
const END: &str = "<!-- end of figures -->";

/// Replaces the table between the two comments in this file.
pub fn write(path: &Path, figures: &[Figure]) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (before, _, after) = split(&text).with_context(|| format!("in {}", path.display()))?;
    fs::write(path, format!("{before}{START}\n{}{END}{after}", render(figures)))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// What the table in this text says otherwise than was measured, line by line; none if they agree.
pub fn differences(text: &str, figures: &[Figure]) -> anyhow::Result<Vec<String>> {
    let (_, table, _) = split(text)?;
    let mut rows = BTreeMap::new();
    // The first two lines are the head.
    for row in table.trim().lines().skip(2) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        ensure!(cells.len() == 5, "not a row of three cells: {row}");
        let value: u64 = cells[2].replace(',', "").parse().with_context(|| format!("not a number: {row}"))?;
        rows.insert(cells[1], value);
    }
    let mut found = Vec::new();
    for Figure { name, value, tolerance, .. } in figures {
        match rows.remove(name) {
            None => found.push(format!("{name}: not in the table, {value} measured")),
            Some(said) if said.abs_diff(*value) * 100 > said * tolerance => {
                found.push(format!("{name}: {said} in the table, {value} measured"));
            }
            Some(_) => {}
        }
    }
    found.extend(rows.into_keys().map(|name| format!("{name}: in the table, but not measured")));
    Ok(found)
}

/// The text before the table's first comment, between the two, and after the second.
fn split(text: &str) -> anyhow::Result<(&str, &str, &str)> {
    let (before, rest) = text.split_once(START).with_context(|| format!("there is no line {START}"))?;
    let (table, after) = rest.split_once(END).with_context(|| format!("there is no line {END}"))?;
    Ok((before, table, after))
}

fn render(figures: &[Figure]) -> String {
    let row = |figure: &Figure| format!("| {} | {} | {} |\n", figure.name, grouped(figure.value), figure.unit);
    format!("| what | value | unit |\n|---|---:|---|\n{}", figures.iter().map(row).collect::<String>())
}

/// 1,234,567
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    groups.into_iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &'static str, value: u64, tolerance: u64) -> Figure {
        Figure { name, value, unit: "CU", tolerance }
    }

    #[test]
    fn what_is_written_agrees_and_what_moves_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("README.md");
        fs::write(&path, format!("# Title\n{START}\n{END}\nrest\n")).unwrap();
        for _ in 0..2 {
            write(&path, &[figure("total", 1_000_000, 1), figure("transactions", 1, 0)]).unwrap();
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# Title\n<!--") && text.ends_with("-->\nrest\n"), "{text}");
        assert!(text.contains("| total | 1,000,000 | CU |"), "{text}");

        let differences = |total, transactions| {
            differences(&text, &[figure("total", total, 1), figure("transactions", transactions, 0)]).unwrap()
        };
        assert_eq!(differences(1_000_000, 1), [""; 0]);
        assert_eq!(differences(1_010_000, 1), [""; 0], "within 1 %");
        assert_eq!(differences(1_010_001, 1), ["total: 1000000 in the table, 1010001 measured"]);
        assert_eq!(differences(989_999, 2).len(), 2);
        let found = super::differences(&text, &[figure("total", 1_000_000, 0), figure("new", 5, 0)]).unwrap();
        assert_eq!(found, ["new: not in the table, 5 measured", "transactions: in the table, but not measured"]);
        assert!(super::differences("no table", &[]).is_err());
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }
}
