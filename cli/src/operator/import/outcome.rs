//! What an import did, or would do.

use std::process::ExitCode;

use indicatif::ProgressBar;

/// Numbers of lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Lines read.
    pub lines: u64,
    /// Lines that add something.
    pub added: u64,
    /// Lines whose content is there already.
    pub unchanged: u64,
    /// Lines that cannot be imported.
    pub bad: u64,
    /// Whether what they add was written.
    pub written: bool,
}

impl Outcome {
    /// Tells a bad line, on standard error.
    pub(super) fn tell_bad(&mut self, bar: &ProgressBar, line: u64, reason: impl std::fmt::Display) {
        self.bad += 1;
        bar.suspend(|| eprintln!("line {line}: {reason}"));
    }

    /// Whether to write.
    pub(super) const fn may_write(&self, dry_run: bool, skip_bad: bool) -> bool {
        !dry_run && (self.bad == 0 || skip_bad)
    }

    /// Tells the numbers, on standard output. A failure if there are bad lines that were not skipped.
    pub fn tell(&self, dry_run: bool) -> ExitCode {
        let Self { lines, added, unchanged, bad, written } = self;
        let done = match (written, dry_run) {
            (true, _) => "added",
            (false, true) => "to be added (dry run: nothing was written)",
            (false, false) => "could be added; nothing was written, see --skip-bad",
        };
        println!("{lines} lines: {added} {done}, {unchanged} there already, {bad} bad");
        if *bad == 0 || *written { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
