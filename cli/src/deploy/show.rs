//! A plan for people, and the questions to them.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{bail, ensure};

use super::plan::{Action, BufferAction, Plan};

const LAMPORTS_PER_SOL: f64 = 1e9;

impl Plan {
    /// A line for each thing.
    pub(super) fn text(&self) -> String {
        let lamports = &self.lamports;
        let mut lines = vec![
            row("cluster", self.cluster.name()),
            row("program", format_args!("{} {}", self.program, self.program_id)),
            row("its data", &self.program_data),
            row("file", format_args!("{}, {} bytes", self.file, self.bytes)),
            row("SHA-256", &self.sha256),
            row("fee payer", &self.fee_payer),
            row("upgrade authority", &self.upgrade_authority),
            row("what happens", self.what()),
            row("rent of program", sol(lamports.program_rent)),
            row("rent of its data", sol(lamports.program_data_rent)),
            row("rent of buffer", format_args!("{}, until the end", sol(lamports.buffer_rent))),
            row("transactions", format_args!("{}, of them {} writes", self.transactions, self.writes)),
            row("fees at most", sol(lamports.fees_at_most)),
            row("spent at most", sol_signed(lamports.spent_at_most)),
            row("needed meanwhile", sol(lamports.needed)),
            row("fee payer has", sol(lamports.balance)),
        ];
        lines.extend(self.warnings.iter().map(|warning| format!("\nWARNING: {warning}")));
        lines.join("\n")
    }

    fn what(&self) -> String {
        let mut parts = vec![match self.action {
            Action::Deploy => "a new program is made".to_owned(),
            Action::Upgrade => "the program is replaced".to_owned(),
            Action::Nothing => "the program is there already, byte for byte".to_owned(),
        }];
        if self.extend_by > 0 {
            parts.push(format!("its account grows by {} bytes", self.extend_by));
        }
        match self.buffer_action {
            BufferAction::None => {}
            BufferAction::Create => parts.push(format!("through the new buffer {}", self.buffer)),
            BufferAction::Resume => parts.push(format!("through the buffer {}, which was left", self.buffer)),
        }
        let closes = self.closes.iter();
        parts.extend(closes.map(|buffer| format!("the buffer {buffer}, left by another deployment, is closed")));
        if self.finalize {
            parts.push("nobody can change or close it afterwards".to_owned());
        }
        parts.join("; ")
    }
}

fn row(name: &str, value: impl std::fmt::Display) -> String {
    format!("  {name:<18} {value}")
}

fn sol(lamports: u64) -> String {
    format!("{lamports} lamports ({:.6} SOL)", lamports as f64 / LAMPORTS_PER_SOL)
}

fn sol_signed(lamports: i64) -> String {
    format!("{lamports} lamports ({:.6} SOL)", lamports as f64 / LAMPORTS_PER_SOL)
}

/// Asks for a word on the terminal; anything else is no.
pub(super) fn confirm(question: &str, word: &str) -> anyhow::Result<()> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        bail!("there is no terminal to ask on: look at --dry-run, then give --yes");
    }
    eprint!("{question} Type {word} to go on: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    ensure!(answer.trim() == word, "not confirmed: nothing was sent");
    Ok(())
}
