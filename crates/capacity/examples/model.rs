//! Prints the standard scenarios: JSON lines, or with `--markdown` the tables of `docs/scaling.md`.
//!
//!     cargo run --release -p veilpass-capacity --example model [-- --markdown]

use veilpass_capacity::{markdown, run, standard};

fn main() -> Result<(), serde_json::Error> {
    let figures = run(&standard(1.0));
    if std::env::args().any(|argument| argument == "--markdown") {
        for (question, table) in markdown(&figures) {
            println!("<!-- model: {question} -->\n{table}<!-- end of {question} -->\n");
        }
    } else {
        for figure in figures {
            println!("{}", serde_json::to_string(&figure)?);
        }
    }
    Ok(())
}
