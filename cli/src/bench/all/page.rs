//! The page: targets first, then every figure with the command that measured it.

use std::fmt::Write;

use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    Section, comparisons,
    plots::PLOTS,
    targets::{Limit, TARGETS, Target, Verdict},
};
use crate::bench::{report::Measurement, table::grouped};

/// What was measured, ready to be shown.
pub(super) struct Page<'a> {
    provenance: Vec<(&'static str, String)>,
    sections: &'a [Section],
    quick: bool,
}

impl<'a> Page<'a> {
    pub(super) fn new(provenance: Vec<(&'static str, String)>, sections: &'a [Section], quick: bool) -> Self {
        Self { provenance, sections, quick }
    }

    /// What is held against targets and others.
    fn lines(&self) -> impl DoubleEndedIterator<Item = &'a Measurement> {
        self.sections.iter().flat_map(|section| &section.lines).filter(|line| line.variant().is_none())
    }

    /// The last of this name.
    fn value(&self, line: &str) -> Option<f64> {
        self.lines().rfind(|measurement| measurement.name == line).map(|measurement| measurement.value)
    }

    /// The targets as a table for a terminal.
    pub(super) fn summary(&self) -> String {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(["what", "target", "measured", ""]);
        for target in &TARGETS {
            let (measured, verdict) = cells(target, &target.verdict(self.lines()));
            table.add_row([target.what.to_owned(), limit(target), measured, verdict.to_owned()]);
        }
        table.to_string()
    }

    /// BENCHMARKS.md.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("# Benchmarks\n\n");
        let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let _ = writeln!(
            text,
            "Written by `./veilpass bench all --write` from one run, ended {now}; not edited. Percentiles are of samples \
             (nearest rank); times are from the outside unless a line says otherwise; clients, servers and databases share \
             the cores. Every figure comes with its method as `context` of `./veilpass bench NAME --json`.\n\n| | |\n|---|---|"
        );
        for (name, value) in &self.provenance {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        text += "\n";
        if self.quick {
            text += "**A quick run: it shows that everything works, and measures nothing.**\n\n";
        }
        self.targets(&mut text);
        comparisons::write(&mut text, &|line| self.value(line));
        text += "\n## Plots\n\n";
        for plot in &PLOTS {
            let _ = writeln!(text, "![{}](docs/plots/{}.svg)\n", plot.title, plot.file);
        }
        for section in self.sections {
            figures(&mut text, section);
        }
        text
    }

    fn targets(&self, text: &mut String) {
        *text += "## Targets\n\n| what | target | measured | | to compare |\n|---|---:|---:|---|---|\n";
        for target in &TARGETS {
            let (measured, verdict) = cells(target, &target.verdict(self.lines()));
            let _ = writeln!(
                text,
                "| {} | {} | {measured} | {verdict} | {} |",
                target.what,
                limit(target),
                target.reference
            );
        }
    }
}

fn limit(target: &Target) -> String {
    match target.limit {
        Limit::AtMost(limit) => format!("<= {} {}", number(limit), target.unit),
        Limit::AtLeast(limit) => format!(">= {}", number(limit)),
        Limit::Exactly(count) => number(count),
    }
}

fn cells(target: &Target, verdict: &Verdict) -> (String, &'static str) {
    let with_unit = |value: f64| format!("{} {}", number(value), target.unit).trim_end().to_owned();
    match verdict {
        Verdict::Held(value) => (with_unit(*value), "held"),
        Verdict::Missed(value) => (with_unit(*value), "**missed**"),
        Verdict::NotMeasured => ("not measured".to_owned(), "**missed**"),
    }
}

/// The figures of one bench. Points of curves are in the plots.
fn figures(text: &mut String, section: &Section) {
    let seconds = section.took.as_secs();
    let _ = writeln!(text, "## {}\n\n`{}`, {seconds} s.\n", section.title, section.command);
    if let Some(failure) = &section.failure {
        let _ = writeln!(text, "**It {failure}: what follows is not all.**\n");
    }
    let (simulated, measured): (Vec<_>, Vec<_>) =
        section.lines.iter().filter(|line| line.x().is_none()).partition(|line| line.context.get("scenario").is_some());
    if !measured.is_empty() {
        *text += "| line | value | unit |\n|---|---:|---|\n";
    }
    for line in measured {
        let variant = line.variant().map(|variant| format!(", {variant}")).unwrap_or_default();
        let _ = writeln!(text, "| {}{variant} | {} | {} |", line.name, number(line.value), line.unit);
    }
    if !simulated.is_empty() {
        let _ = writeln!(text, "{} figures, by scenario: [docs/scaling.md](docs/scaling.md).", simulated.len());
    }
    *text += "\n";
}

/// A number with at most three decimals and groups of three digits.
pub(super) fn number(value: f64) -> String {
    let text = format!("{:.3}", value.abs());
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let decimals = decimals.trim_end_matches('0');
    let sign = if value < 0.0 { "-" } else { "" };
    let whole = grouped(whole.parse().unwrap_or(u64::MAX));
    format!("{sign}{whole}{}{decimals}", if decimals.is_empty() { "" } else { "." })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!(
            [0.0, 1234567.0, 999.5, -1000.25, 0.1239].map(number),
            ["0", "1,234,567", "999.5", "-1,000.25", "0.124"]
        );
    }

    #[test]
    fn what_was_not_measured_is_missed() {
        let page = Page::new(vec![], &[], true);
        assert_eq!(page.text().matches("not measured | **missed**").count(), TARGETS.len());
        assert!(page.summary().contains("not measured"));
    }
}
