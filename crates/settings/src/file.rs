//! Reading the file.

use std::path::{Path, PathBuf};

use clap::Command;
use toml::{Table, Value};

use crate::{
    SERVICES,
    arguments::{FileValue, is_secret, is_switch, settings_of},
};

/// Why a file is refused.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct FileError {
    path: PathBuf,
    problem: String,
}

/// Values of the tables `[shared]` and `[table]`, in the order of the file; the service's own come last, and win.
pub(crate) fn read(path: &Path, table: &str, command: &Command) -> Result<Vec<FileValue>, FileError> {
    let refuse = |problem: String| FileError { path: path.to_owned(), problem };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    // The error quotes the line, which may hold what should not be there.
    let document: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map(|span| text[..span.start.min(text.len())].lines().count().max(1));
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        refuse(format!("{place}not TOML: {}", error.message()))
    })?;
    values(&document, table, command).map_err(refuse)
}

fn values(document: &Table, table: &str, command: &Command) -> Result<Vec<FileValue>, String> {
    for (name, value) in document {
        let is_known = name == "shared" || SERVICES.contains(&name.as_str());
        if !is_known || !value.is_table() {
            return Err(format!(
                "`{name}` is not a table of a service: there are [shared], [{}]",
                SERVICES.join("], [")
            ));
        }
    }
    let mut values: Vec<FileValue> = Vec::new();
    for name in ["shared", table] {
        for (key, value) in document.get(name).and_then(Value::as_table).into_iter().flatten() {
            match value_of(key, value, command).map_err(|problem| format!("[{name}] {key}: {problem}"))? {
                Some(value) => {
                    values.retain(|earlier| earlier.id != value.id);
                    values.push(value);
                }
                // Another service has it; that it is one of all is checked here, since no service knows the others' keys.
                None if name == "shared" && SHARED.contains(&key.as_str()) => {}
                None => {
                    let known: Vec<&str> = settings_of(command).map(|(_, long)| long).collect();
                    return Err(format!("[{name}] {key}: there is no such setting; there are {}", known.join(", ")));
                }
            }
        }
    }
    Ok(values)
}

/// What may stand in `[shared]` although a service does not have it.
const SHARED: [&str; 4] = ["environment", "log-format", "ops-listen", "trusted-proxies"];

fn value_of(key: &str, value: &Value, command: &Command) -> Result<Option<FileValue>, String> {
    let Some((argument, long)) = settings_of(command).find(|(_, long)| *long == key) else { return Ok(None) };
    if is_secret(argument) {
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Err(format!("a secret does not belong in a file like this: set {variable} in the environment"));
    }
    let values = match value {
        Value::Array(elements) => elements.iter().map(text_of).collect::<Result<_, _>>()?,
        single => vec![text_of(single)?],
    };
    let is_switch = is_switch(argument);
    if is_switch && !value.is_bool() {
        return Err("expected true or false".to_owned());
    }
    Ok(Some(FileValue { id: argument.get_id().to_string(), long: long.to_owned(), values, is_switch }))
}

fn text_of(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            Err("expected a text, a number, true or false, or a list of these".to_owned())
        }
    }
}
