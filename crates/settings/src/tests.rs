use std::{collections::BTreeMap, io::Write};

use clap::CommandFactory;
use proptest::prelude::*;

use super::*;

/// A service like ours.
#[derive(Parser, Debug)]
struct Settings {
    /// Where rows are.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// For whom.
    #[arg(long, env = "AUDIENCES", value_delimiter = ',', required = true)]
    audiences: Vec<String>,
    /// How many.
    #[arg(long, env = "MOST", default_value = "7", value_parser = clap::value_parser!(u64).range(1..=9))]
    most: u64,
    /// Whether.
    #[arg(long)]
    quiet: bool,
}

fn read_with(file: &str, flags: &[&str], environment: &[(&str, &str)]) -> Result<Settings, Refusal> {
    let mut on_disk = tempfile::NamedTempFile::new().unwrap();
    on_disk.write_all(file.as_bytes()).unwrap();
    let path = on_disk.path().to_str().unwrap().to_owned();
    let arguments = ["x", "--config", &path].iter().chain(flags).map(OsString::from).collect();
    let mut environment: BTreeMap<&str, &str> = environment.iter().copied().collect();
    environment.entry("DATABASE_URL").or_insert("postgres://me:hunter2@db/x");
    // `clap` reads the process's environment itself, so what a test wants there is given as flags too.
    let given: Vec<OsString> = environment
        .iter()
        .map(|(name, value)| format!("--{}={value}", name.to_lowercase().replace('_', "-")).into())
        .collect();
    let arguments: Vec<OsString> = Vec::into_iter(arguments).chain(given).collect();
    read("api", arguments, &|name| environment.get(name).map(OsString::from))
}

fn refusal(file: &str) -> String {
    match read_with(file, &[], &[("AUDIENCES", "a")]).unwrap_err() {
        Refusal::File(error) => error.to_string(),
        Refusal::Clap(error) => error.to_string(),
        Refusal::Printed(text) => panic!("{text}"),
    }
}

#[test]
fn the_file_is_under_the_environment_and_the_flags() {
    let file = "[shared]\nmost = 2\n[api]\naudiences = [\"a\", \"b\"]\nmost = 3\nquiet = true\n[prover]\nworkers = 2\n";
    let settings = read_with(file, &[], &[]).unwrap();
    assert_eq!((settings.audiences.join(" "), settings.most, settings.quiet), ("a b".to_owned(), 3, true));
    let settings = read_with(file, &[], &[("MOST", "4")]).unwrap();
    assert_eq!(settings.most, 4);
    let settings = read_with(file, &["--most", "5", "--audiences=c"], &[]).unwrap();
    assert_eq!((settings.audiences.join(" "), settings.most), ("c".to_owned(), 5));
    let settings = read_with("[api]\naudiences = \"a\"\n", &[], &[]).unwrap();
    assert_eq!((settings.most, settings.quiet), (7, false));
}

#[test]
fn what_is_unknown_or_wrong_is_refused_with_its_place() {
    assert!(refusal("[api]\nmots = 3\n").contains("[api] mots: there is no such setting; there are database-url"));
    assert!(refusal("[shared]\nmots = 3\n").contains("[shared] mots"));
    assert!(refusal("[apo]\nmost = 3\n").contains("`apo` is not a table of a service"));
    assert!(refusal("most = 3\n").contains("`most` is not a table"));
    assert!(refusal("[api]\nmost = 10\n").contains("--most"));
    assert!(refusal("[api]\nquiet = 1\n").contains("[api] quiet: expected true or false"));
    assert!(refusal("[api]\nmost = { a = 1 }\n").contains("expected a text"));
    let broken = refusal("[api]\nmost = 1\ndatabase-url = \"hunter2\n");
    assert!(broken.contains("line 3") && !broken.contains("hunter2"), "{broken}");
}

#[test]
fn a_secret_is_refused_in_the_file_and_not_shown() {
    let refused = refusal("[api]\ndatabase-url = \"postgres://hunter2\"\n");
    assert!(refused.contains("set DATABASE_URL") && !refused.contains("hunter2"));
    let Err(Refusal::Printed(text)) = read_with("[api]\nmost = 3\n", &["--print-config"], &[("AUDIENCES", "a")]) else {
        panic!("not printed");
    };
    assert!(text.contains("most = 3 # file") && text.contains("# database-url is set, and secret"), "{text}");
    assert!(text.contains("quiet = false # default") && !text.contains("hunter2"), "{text}");
    // Its own output is a file again.
    assert!(read_with(&text, &[], &[]).is_ok());
}

#[test]
fn the_default_document_is_a_file_that_changes_nothing() {
    let document = default_document("api", &Settings::command());
    assert!(document.contains("# How many\n#most = 7 # (MOST)") && document.contains("set DATABASE_URL"));
    let settings = read_with(&document, &[], &[("AUDIENCES", "a")]).unwrap();
    assert_eq!((settings.most, settings.quiet), (7, false));
}

proptest! {
    /// Errors of TOML quote the text and have places in it, which may be within a character.
    #[test]
    fn whatever_is_in_the_file_a_secret_is_refused_and_not_shown(
        before in "[ -~éß→😀]{0,12}", after in "(?s).{0,30}",
    ) {
        let refused = refusal(&format!("[api]\nmost = 3\ndatabase-url = {before}hunter2{after}"));
        prop_assert!(!refused.contains("hunter2"), "{refused}");
    }

    #[test]
    fn any_text_is_read_or_refused(
        text in "(?s).{0,60}|(\\[(api|shared)\\]\n(most|quiet|audiences) = (.{0,9}|\"x\")\n){0,4}",
    ) {
        let _ = read_with(&text, &[], &[("AUDIENCES", "a")]);
    }
}
