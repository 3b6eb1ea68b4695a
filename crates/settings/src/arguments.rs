//! A value of the file as arguments of the command line.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

/// A key of the file that names an argument, and its value as text.
#[derive(Debug)]
pub(crate) struct FileValue {
    /// The argument's id.
    pub(crate) id: String,
    /// Its flag, without dashes.
    pub(crate) long: String,
    /// The value's text; of a list, one for each element.
    pub(crate) values: Vec<String>,
    /// A switch takes no value: it is there or not.
    pub(crate) is_switch: bool,
}

impl FileValue {
    /// Whether flags or the environment say something else.
    pub(crate) fn is_overridden(
        &self,
        command: &Command,
        arguments: &[OsString],
        environment: &dyn Fn(&str) -> Option<OsString>,
    ) -> bool {
        let (flag, with_value) = (format!("--{}", self.long), format!("--{}=", self.long));
        let is_given = |argument: &OsString| {
            argument.to_str().is_some_and(|argument| argument == flag || argument.starts_with(&with_value))
        };
        let argument = command.get_arguments().find(|argument| argument.get_id() == self.id.as_str());
        let variable = argument.and_then(Arg::get_env).and_then(|name| name.to_str());
        arguments.iter().any(is_given) || variable.is_some_and(|name| environment(name).is_some())
    }

    /// As on a command line.
    pub(crate) fn as_arguments(&self) -> Vec<OsString> {
        if self.is_switch {
            let is_on = self.values.iter().any(|value| value == "true");
            return if is_on { vec![format!("--{}", self.long).into()] } else { Vec::new() };
        }
        self.values.iter().map(|value| format!("--{}={value}", self.long).into()).collect()
    }
}

/// Whether an argument's values must not be shown.
pub(crate) fn is_secret(argument: &Arg) -> bool {
    argument.is_hide_env_values_set()
}

/// The arguments that can stand in a file: those with a long flag, without clap's and our own.
pub(crate) fn settings_of(command: &Command) -> impl Iterator<Item = (&Arg, &str)> {
    const NOT_SETTINGS: [&str; 5] = ["help", "version", "config", "print-config", "print-default-config"];
    let with_flag = |argument: &'_ Arg| -> bool { !NOT_SETTINGS.contains(&argument.get_id().as_str()) };
    command
        .get_arguments()
        .filter(move |argument| with_flag(argument))
        .filter_map(|argument| argument.get_long().map(|long| (argument, long)))
}

/// Whether an argument is a switch.
pub(crate) fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue | ArgAction::SetFalse)
}
