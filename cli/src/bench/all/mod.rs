//! `veilpass bench all`: every measurement, held against its target, as one page with plots.

mod comparisons;
mod page;
mod plots;
mod provenance;
mod targets;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use tokio::task::block_in_place;
use veilpass_circuit::workspace_root;

use super::report::Measurement;

/// `veilpass bench all`
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// One JSON object a line, as the benches print them.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// The page, on standard output.
    #[arg(long)]
    markdown: bool,
    /// Write BENCHMARKS.md and its plots (docs/plots).
    #[arg(long)]
    write: bool,
    /// Only these benches.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    /// A few of each: shows that it works, measures nothing. Cannot be written to BENCHMARKS.md.
    #[arg(long, conflicts_with = "write")]
    quick: bool,
}

/// A bench and how it is run.
struct Part {
    name: &'static str,
    /// What it is about, for the page.
    title: &'static str,
    /// What makes it short.
    quick: &'static [&'static str],
}

/// In this order: what others disturb comes first.
const PARTS: [Part; 9] = [
    Part { name: "proof", title: "One proof", quick: &["--samples", "5"] },
    Part { name: "peers", title: "Others, on this machine", quick: &["--samples", "1"] },
    Part { name: "device", title: "On a listener's device", quick: &["--proofs", "2"] },
    Part { name: "chain", title: "On chain", quick: &["--samples", "1"] },
    Part { name: "tree", title: "The registry tree", quick: &[] },
    Part {
        name: "api",
        title: "The API away from proving",
        quick: &["--seconds", "2", "--streams", "50", "--leaves", "2000"],
    },
    Part { name: "fleet", title: "The prover fleet", quick: &["--quick"] },
    Part {
        name: "indexer",
        title: "Indexer and settlement",
        quick: &["--events", "200", "--live", "5", "--settlements", "2"],
    },
    Part { name: "model", title: "What more would need, by simulation", quick: &["--quick"] },
];

/// What a bench said.
struct Section {
    title: &'static str,
    command: String,
    lines: Vec<Measurement>,
    took: Duration,
    /// Why it did not get to its end.
    failure: Option<String>,
}

pub(super) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let unknown = options.only.iter().find(|name| PARTS.iter().all(|part| part.name != name.as_str()));
    let names = PARTS.map(|part| part.name).join(", ");
    ensure!(unknown.is_none(), "there is no bench {:?}: choose among {names}", unknown.unwrap_or(&String::new()));
    ensure!(!options.write || options.only.is_empty(), "--write needs all benches: leave --only out");
    let wanted = |part: &&Part| options.only.is_empty() || options.only.iter().any(|name| name == part.name);
    let provenance = provenance::rows();
    let mut sections = Vec::new();
    for part in PARTS.iter().filter(wanted) {
        eprintln!("== {}", part.name);
        sections.push(block_in_place(|| measure(part, options))?);
    }
    let page = page::Page::new(provenance, &sections, options.quick);
    if options.markdown {
        print!("{}", page.text());
    } else if !options.json {
        println!("{}", page.summary());
    }
    if options.write {
        write(&workspace_root(), &sections, &page)?;
    }
    let complete = sections.iter().all(|section| section.failure.is_none());
    Ok(if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs one bench as a user does, in a process of its own: none finds the memory of another.
fn measure(part: &Part, options: &Options) -> anyhow::Result<Section> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["bench", part.name, "--json"]);
    if options.quick {
        command.args(part.quick);
    }
    let said = std::iter::once("./veilpass".into()).chain(command.get_args().map(|word| word.to_string_lossy()));
    let said = said.collect::<Vec<_>>().join(" ");
    let since = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("the bench cannot be started")?;
    let mut lines = Vec::new();
    for line in BufReader::new(child.stdout.take().context("the bench has no output")?).lines() {
        let line = line?;
        if options.json {
            println!("{line}");
        }
        lines.extend(serde_json::from_str::<Measurement>(&line));
    }
    let status = child.wait()?;
    let failure = (!status.success()).then(|| format!("ended with {status}"));
    if let Some(failure) = &failure {
        eprintln!("bench {}: {failure}; what it measured until then counts", part.name);
    }
    Ok(Section { title: part.title, command: said, lines, took: since.elapsed(), failure })
}

fn write(root: &Path, sections: &[Section], page: &page::Page) -> anyhow::Result<()> {
    let plots = root.join("docs/plots");
    std::fs::create_dir_all(&plots)?;
    plots::draw(&plots, sections)?;
    std::fs::write(root.join("BENCHMARKS.md"), page.text())?;
    eprintln!("wrote BENCHMARKS.md and docs/plots");
    Ok(())
}
