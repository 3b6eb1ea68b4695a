//! What a load needs, by the model of `crates/capacity`.

use std::fs;

use anyhow::Context;
use veilpass_capacity::{fill, markdown, run as simulate, standard};
use veilpass_circuit::workspace_root;

use super::cost;

/// The document whose tables are the model's.
const DOCUMENT: &str = "docs/scaling.md";

/// `veilpass bench model`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Write the tables of docs/scaling.md, too.
    #[arg(long)]
    write_tables: bool,
    /// Simulate a twentieth of the time: shows that it works.
    #[arg(long, conflicts_with = "write_tables")]
    quick: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let figures = simulate(&standard(if options.quick { 0.05 } else { 1.0 }));
    if options.json {
        for figure in &figures {
            println!("{}", serde_json::to_string(figure)?);
        }
        cost::print(&workspace_root(), &figures)?;
    } else {
        for (question, table) in markdown(&figures) {
            println!("## {question}\n\n{table}");
        }
    }
    if options.write_tables {
        let path = workspace_root().join(DOCUMENT);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, fill(&text, &figures)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
