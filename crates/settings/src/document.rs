//! A settings file with every setting, its meaning and its default, as comments.

use clap::{Arg, Command};

use crate::{
    arguments::{is_secret, is_switch, settings_of},
    print::toml_text,
};

/// Longest line of the comments.
const WIDTH: usize = 110;

/// The table of one service: every setting commented out, with its default if it has one.
pub fn default_document(table: &str, command: &Command) -> String {
    let mut text = format!("[{table}]\n");
    for (argument, long) in settings_of(command) {
        let help =
            argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
        let variable = argument.get_env().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        text.push('\n');
        for line in wrap(help.trim()) {
            text.push_str(&format!("# {line}\n"));
        }
        if is_secret(argument) {
            text.push_str(&format!("# A secret: set {variable} in the environment.\n"));
        } else {
            let also = if variable.is_empty() { variable } else { format!(" # ({variable})") };
            text.push_str(&format!("#{long} = {}{also}\n", default_of(argument)));
        }
    }
    text
}

fn default_of(argument: &Arg) -> String {
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    match (defaults.is_empty(), is_switch(argument)) {
        (_, true) => "false".to_owned(),
        (true, false) => "\"\"".to_owned(),
        (false, false) => toml_text(&defaults),
    }
}

fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.len() + 1 + word.len() > WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
