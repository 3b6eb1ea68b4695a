//! Settings of a service, checked in one place before anything starts.
//!
//! A service describes its settings once, as a `clap` parser. Here they get a file under them. What counts is, from the
//! strongest: flags, the environment, the file, the defaults. An unknown key, table or value is refused with the place where it
//! stands.
//!
//! The file is TOML with a table for each service, named as its binary without `veilpass-`; a key is the flag's name without
//! the dashes before it. `[shared]` holds what several of them have. One file serves all services:
//!
//! ```toml
//! [shared]
//! log-format = "json"
//!
//! [api]
//! audiences = ["https://listen.example"]
//! ```
//!
//! Secrets (arguments with `hide_env_values`) are refused in the file: they belong in the environment, where a secrets manager
//! puts them.

mod arguments;
mod document;
mod file;
mod print;

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use clap::{ArgAction, Command, Parser};

pub use document::default_document;
pub use file::FileError;

/// Tables of a file beside `[shared]`: the services.
pub const SERVICES: [&str; 4] = ["api", "prover", "indexer", "relayer"];

const FILE_VARIABLE: &str = "VEILPASS_CONFIG";

/// Reads the settings of this process for the service with this table, or says what is wrong with them and ends the process.
///
/// Adds the flags `--config FILE`, `--print-config` (the settings that count and where each is from, without secrets) and
/// `--print-default-config` (this service's table of a file, with comments).
pub fn parse<C: Parser>(table: &'static str) -> C {
    match read(table, std::env::args_os().collect(), &|name| std::env::var_os(name)) {
        Ok(settings) => settings,
        Err(Refusal::Clap(error)) => error.exit(),
        Err(Refusal::File(error)) => {
            eprintln!("error: {error}");
            std::process::exit(2);
        }
        Err(Refusal::Printed(text)) => {
            print!("{text}");
            std::process::exit(0);
        }
    }
}

/// Why there are no settings.
#[derive(Debug)]
enum Refusal {
    /// Flags, environment, or a value of the file.
    Clap(clap::Error),
    /// The file.
    File(FileError),
    /// They were only to be shown.
    Printed(String),
}

fn read<C: Parser>(
    table: &'static str,
    arguments: Vec<OsString>,
    environment: &dyn Fn(&str) -> Option<OsString>,
) -> Result<C, Refusal> {
    let command = with_own_flags(C::command());
    if arguments.iter().any(|argument| argument == "--print-default-config") {
        return Err(Refusal::Printed(default_document(table, &C::command())));
    }
    let path = path_of_file(&arguments).or_else(|| environment(FILE_VARIABLE)).filter(|path| !path.is_empty());
    let (mut all, mut from_file) = (arguments.clone(), Vec::new());
    if let Some(path) = path {
        let values = file::read(&PathBuf::from(path), table, &command).map_err(Refusal::File)?;
        // In place of what neither flags nor the environment say. Before the given arguments, since one may take the rest.
        let missing = values.into_iter().filter(|value| !value.is_overridden(&command, &arguments, environment));
        from_file = missing.collect();
        let inserted = from_file.iter().flat_map(arguments::FileValue::as_arguments);
        let after_name = usize::from(!all.is_empty());
        all.splice(after_name..after_name, inserted);
    }
    let matches = command.clone().try_get_matches_from(all).map_err(Refusal::Clap)?;
    if matches.get_flag("print-config") {
        return Err(Refusal::Printed(print::settings(table, &command, &matches, &from_file)));
    }
    C::from_arg_matches(&matches).map_err(|error| Refusal::Clap(error.format(&mut command.clone())))
}

fn with_own_flags(command: Command) -> Command {
    command
        .arg(
            clap::Arg::new("config")
                .long("config")
                .env(FILE_VARIABLE)
                .value_name("FILE")
                .help("File with settings (TOML), under the environment and the flags. See config/veilpass.toml"),
        )
        .arg(
            clap::Arg::new("print-config")
                .long("print-config")
                .action(ArgAction::SetTrue)
                .help("Check the settings, print those that count and where each is from, without secrets, and end"),
        )
        .arg(
            clap::Arg::new("print-default-config")
                .long("print-default-config")
                .action(ArgAction::SetTrue)
                .help("Print this service's part of a settings file, with comments, and end"),
        )
}

fn path_of_file(arguments: &[OsString]) -> Option<OsString> {
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--config" {
            return rest.next().cloned();
        }
        if let Some(path) = argument.to_str().and_then(|text| text.strip_prefix("--config=")) {
            return Some(OsStr::new(path).to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests;
