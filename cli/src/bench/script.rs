//! Measurements by a Node script, which prints them as JSON lines.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};

use super::report::Measurement;

/// Runs it, and prints what it measures as the benches do. What else it says goes to standard error.
pub(super) fn run(command: &mut Command, json: bool) -> anyhow::Result<()> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("node does not run")?;
    let mut measurements = 0;
    for line in BufReader::new(child.stdout.take().context("the script has no output")?).lines() {
        let line = line?;
        match serde_json::from_str::<Measurement>(&line) {
            Ok(measurement) => {
                measurement.print(json);
                measurements += 1;
            }
            Err(_) => eprintln!("  {line}"),
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "the script ended with {status}");
    ensure!(measurements > 0, "the script measured nothing");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", text]);
        command
    }

    #[test]
    fn a_script_that_fails_or_measures_nothing_is_an_error() {
        let line = r#"echo '{"name":"a","value":1,"unit":"ms","context":{}}'"#;
        run(&mut script(line), true).unwrap();
        assert!(run(&mut script(&format!("{line}; exit 3")), true).is_err());
        assert!(run(&mut script("echo hello"), true).is_err());
    }
}
