//! Showing the settings that count.

use clap::{ArgMatches, Command, parser::ValueSource};

use crate::arguments::{FileValue, is_secret, is_switch, settings_of};

/// Each setting as a line of TOML with its origin as a comment. A secret is only said to be set.
pub(crate) fn settings(table: &str, command: &Command, matches: &ArgMatches, from_file: &[FileValue]) -> String {
    let mut text = format!("[{table}]\n");
    for (argument, long) in settings_of(command) {
        let id = argument.get_id().as_str();
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let origin = match matches.value_source(id) {
            _ if from_file.iter().any(|value| value.id == id) => "file".to_owned(),
            Some(ValueSource::CommandLine) => "flag".to_owned(),
            Some(ValueSource::EnvVariable) => variable.clone(),
            _ => "default".to_owned(),
        };
        let raw = matches.get_raw(id).map(|values| values.map(|value| value.to_string_lossy().into_owned()));
        let line = match raw.map(Iterator::collect::<Vec<_>>) {
            None => format!("# {long} is not set"),
            Some(_) if is_secret(argument) => format!("# {long} is set, and secret ({origin})"),
            Some(_) if is_switch(argument) => format!("{long} = {} # {origin}", matches.get_flag(id)),
            Some(values) => format!("{long} = {} # {origin}", toml_text(&values)),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Values as TOML: a number as such, several as a list.
pub(crate) fn toml_text(values: &[String]) -> String {
    let one = |value: &String| match value.parse::<i64>() {
        Ok(number) if number.to_string() == *value => value.clone(),
        _ => toml::Value::String(value.clone()).to_string(),
    };
    match values {
        [single] => one(single),
        several => format!("[{}]", several.iter().map(one).collect::<Vec<_>>().join(", ")),
    }
}
