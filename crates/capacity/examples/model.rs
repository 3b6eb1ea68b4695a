//! Prints the standard scenarios: JSON lines; with `--markdown` as tables; with `--write FILE` into the marked places
//! of a document.
//!
//!     cargo run --release -p veilpass-capacity --example model -- --write docs/scaling.md

use std::{env, error::Error, fs};

use veilpass_capacity::{fill, markdown, run, standard};

fn main() -> Result<(), Box<dyn Error>> {
    let figures = run(&standard(1.0));
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            for figure in figures {
                println!("{}", serde_json::to_string(&figure)?);
            }
        }
        ["--markdown"] => markdown(&figures).iter().for_each(|(question, table)| println!("## {question}\n\n{table}")),
        ["--write", file] => fs::write(file, fill(&fs::read_to_string(file)?, &figures)?)?,
        _ => return Err("--markdown, --write FILE, or nothing".into()),
    }
    Ok(())
}
