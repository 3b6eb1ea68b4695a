//! Lines of a file, whatever its format.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::de::DeserializeOwned;

/// Longest line, in bytes: a file that is no text at all must not fill the memory.
const MAX_LINE_BYTES: u64 = 4096;

/// What a file is.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated values (RFC 4180) under a line of names.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    fn of(path: &Path, told: Option<Self>) -> anyhow::Result<Self> {
        let by_extension = match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => Some(Self::Csv),
            Some("jsonl" | "ndjson") => Some(Self::Jsonl),
            _ => None,
        };
        told.or(by_extension).context("is it csv or jsonl? its name does not say: use --format")
    }
}

/// The next line of a file: its number, counted from 1, and what is on it or what is wrong with it.
pub(super) type Line<T> = (u64, Result<T, String>);
type Lines<T> = Box<dyn Iterator<Item = anyhow::Result<Line<T>>>>;

/// Opens a file, whose lines have these names. The bar follows what was read.
pub(super) fn open<T: DeserializeOwned + 'static>(
    path: &Path,
    format: Option<Format>,
    names: &'static [&'static str],
) -> anyhow::Result<(Lines<T>, ProgressBar)> {
    let format = Format::of(path, format)?;
    let (reader, length): (Box<dyn Read>, _) = match path.as_os_str() == "-" {
        true => (Box::new(std::io::stdin()), None),
        false => {
            let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            let length = file.metadata()?.len();
            (Box::new(file), Some(length))
        }
    };
    let bar = bar(length);
    let reader = BufReader::with_capacity(1 << 16, bar.wrap_read(reader));
    let lines = match format {
        Format::Csv => csv_lines(reader, names)?,
        Format::Jsonl => json_lines(reader),
    };
    Ok((lines, bar))
}

/// Shown on a terminal only.
fn bar(length: Option<u64>) -> ProgressBar {
    let template = "{bar:30} {bytes}/{total_bytes} {elapsed} {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    length.map_or_else(ProgressBar::new_spinner, ProgressBar::new).with_style(style)
}

fn csv_lines<T: DeserializeOwned + 'static>(reader: impl Read + 'static, names: &[&str]) -> anyhow::Result<Lines<T>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(reader);
    let headers = reader.headers().context("line 1")?.clone();
    for name in &headers {
        ensure!(names.contains(&name), "line 1: {name:?} is none of the columns {}", names.join(", "));
    }
    if let Some(missing) = names.iter().find(|name| !headers.iter().any(|header| header == **name)) {
        bail!("line 1: the column {missing} is missing");
    }
    let mut record = csv::StringRecord::new();
    Ok(Box::new(std::iter::from_fn(move || {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => {
                // The reader counts blank lines before a record to it: the line is the first of these.
                let line = record.position().map_or(line, csv::Position::line);
                Some(Ok((line, record.deserialize(Some(&headers)).map_err(|error| csv_reason(&error)))))
            }
            Err(error) if error.is_io_error() => Some(Err(error.into())),
            Err(error) => Some(Ok((line, Err(csv_reason(&error))))),
        }
    })))
}

/// Without the position, which is told already.
fn csv_reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => format!("{len} fields in place of {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".to_owned(),
        _ => "not CSV".to_owned(),
    }
}

fn json_lines<T: DeserializeOwned + 'static>(mut reader: impl BufRead + 'static) -> Lines<T> {
    let (mut number, mut bytes) = (0, Vec::new());
    Box::new(std::iter::from_fn(move || {
        loop {
            bytes.clear();
            number += 1;
            match (&mut reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut bytes) {
                Ok(0) => return None,
                Ok(read) if read as u64 == MAX_LINE_BYTES && bytes.last() != Some(&b'\n') => {
                    return Some(Err(anyhow::anyhow!("line {number} is longer than {MAX_LINE_BYTES} bytes")));
                }
                Ok(_) if bytes.trim_ascii().is_empty() => {}
                Ok(_) => {
                    let parsed = serde_json::from_slice(&bytes).map_err(|error| json_reason(&error));
                    return Some(Ok((number, parsed)));
                }
                Err(error) => return Some(Err(error.into())),
            }
        }
    }))
}

/// Without the position: the line is told already, and is the only one.
fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}
