//! Where the time and the memory went.

use std::time::{Duration, Instant};

use comfy_table::{CellAlignment, Table, presets::UTF8_BORDERS_ONLY};

use super::settlement::Settlement;

/// What the demo measured.
pub(super) struct Figures {
    leaves: u64,
    steps: Vec<(&'static str, Duration, String)>,
    /// Memory as (process, resident now, peak), in MB.
    memory: Vec<(&'static str, f64, f64)>,
    /// From the submission of a proof request to its proof, over HTTP.
    pub(super) proof: Duration,
    /// `POST /v1/verifications`, from request to answer.
    pub(super) verify: Duration,
    /// What the chain made of the first proof.
    pub(super) settlement: Option<Settlement>,
}

impl Figures {
    pub(super) fn new(leaves: u64) -> Self {
        let zero = Duration::ZERO;
        Self { leaves, steps: Vec::new(), memory: Vec::new(), proof: zero, verify: zero, settlement: None }
    }

    /// Records a step that began at `since`, and says so.
    pub(super) fn step(&mut self, name: &'static str, since: Instant, note: impl Into<String>) {
        let (took, note) = (since.elapsed(), note.into());
        println!("  done  {name:<28} {:>10}  {note}", milliseconds(took));
        self.steps.push((name, took, note));
    }

    pub(super) fn memory(&mut self, process: &'static str, resident_mb: f64, peak_mb: f64) {
        self.memory.push((process, resident_mb, peak_mb));
    }

    pub(super) fn table(&self) -> String {
        let mut times = Table::new();
        times.load_preset(UTF8_BORDERS_ONLY).set_header(["where the time went", "ms", ""]);
        for (name, took, note) in &self.steps {
            times.add_row([(*name).to_owned(), milliseconds(*took), note.clone()]);
        }
        let mut memory = Table::new();
        memory.load_preset(UTF8_BORDERS_ONLY).set_header(["where the memory went", "resident MB", "peak MB"]);
        for (process, resident, peak) in &self.memory {
            memory.add_row([(*process).to_owned(), format!("{resident:.1}"), format!("{peak:.1}")]);
        }
        for (table, columns) in [(&mut times, 1..2), (&mut memory, 1..3)] {
            for column in columns {
                if let Some(column) = table.column_mut(column) {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        format!("{times}\n\n{memory}\n")
    }

    /// `DEMO OK` and the figures as key=value.
    pub(super) fn last_line(&self) -> String {
        let resident =
            |process| self.memory.iter().find(|(name, ..)| *name == process).map_or(0.0, |(_, resident, _)| *resident);
        let settled = self.settlement.as_ref().map_or_else(String::new, |settled| {
            format!(
                " tx={} slot={} cu={} settle_ms={:.0} indexed=match",
                settled.signature,
                settled.slot,
                settled.compute_units,
                settled.took.as_secs_f64() * 1e3
            )
        });
        format!(
            "DEMO OK proof_ms={:.1} verify_ms={:.1} api_rss_mb={:.1} prover_rss_mb={:.1} bb_rss_mb={:.1} relayer_rss_mb={:.1} \
             indexer_rss_mb={:.1} leaves={}{settled}",
            self.proof.as_secs_f64() * 1e3,
            self.verify.as_secs_f64() * 1e3,
            resident("api"),
            resident("prover"),
            resident("bb"),
            resident("relayer"),
            resident("indexer"),
            self.leaves
        )
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}
