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

/// Reads a file line by line, without those that are blank, and counts.
struct Physical<R> {
    reader: R,
    number: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Physical<R> {
    fn new(reader: R) -> Self {
        Self { reader, number: 0, bytes: Vec::new() }
    }

    /// The next line's number and bytes.
    fn next(&mut self) -> anyhow::Result<Option<(u64, &[u8])>> {
        loop {
            self.bytes.clear();
            self.number += 1;
            let read = (&mut self.reader).take(MAX_LINE_BYTES).read_until(b'\n', &mut self.bytes)?;
            if read == 0 {
                return Ok(None);
            }
            if read as u64 == MAX_LINE_BYTES && self.bytes.last() != Some(&b'\n') {
                bail!("line {} is longer than {MAX_LINE_BYTES} bytes", self.number);
            }
            if !self.bytes.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(Some((self.number, self.bytes.trim_ascii())))
    }

    /// All lines, each parsed.
    fn parsed<T: 'static>(mut self, parse: impl Fn(&[u8]) -> Result<T, String> + 'static) -> Lines<T>
    where
        R: 'static,
    {
        Box::new(std::iter::from_fn(move || match self.next() {
            Ok(line) => line.map(|(number, bytes)| Ok((number, parse(bytes)))),
            Err(error) => Some(Err(error)),
        }))
    }
}

/// A line of CSV by itself: what we import has no line breaks in it, and a quote that is never closed must not swallow the
/// rest of the file.
fn csv_record(bytes: &[u8]) -> Result<csv::StringRecord, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .buffer_capacity(bytes.len() + 1)
        .from_reader(bytes);
    let mut record = csv::StringRecord::new();
    match reader.read_record(&mut record) {
        Ok(true) => Ok(record),
        Ok(false) => Err("not CSV".to_owned()),
        Err(_) => Err("not UTF-8".to_owned()),
    }
}

fn csv_lines<T: DeserializeOwned + 'static>(
    reader: impl BufRead + 'static,
    names: &[&str],
) -> anyhow::Result<Lines<T>> {
    let mut physical = Physical::new(reader);
    let (_, first) = physical.next()?.context("the file is empty")?;
    let headers = csv_record(first).map_err(|reason| anyhow::anyhow!("line 1: {reason}"))?;
    for name in &headers {
        ensure!(names.contains(&name), "line 1: {name:?} is none of the columns {}", names.join(", "));
    }
    if let Some(missing) = names.iter().find(|name| !headers.iter().any(|header| header == **name)) {
        bail!("line 1: the column {missing} is missing");
    }
    Ok(physical.parsed(move |bytes| {
        let record = csv_record(bytes)?;
        if record.len() != headers.len() {
            return Err(format!("{} fields in place of {}", record.len(), headers.len()));
        }
        record.deserialize(Some(&headers)).map_err(|error| match error.kind() {
            csv::ErrorKind::Deserialize { err, .. } => err.kind().to_string(),
            _ => "not CSV".to_owned(),
        })
    }))
}

fn json_lines<T: DeserializeOwned + 'static>(reader: impl BufRead + 'static) -> Lines<T> {
    Physical::new(reader).parsed(|bytes| serde_json::from_slice(bytes).map_err(|error| json_reason(&error)))
}

/// Without the position: the line is told already, and is the only one.
fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(reason, _)| reason.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;
    use crate::operator::import::lines::AssetRow;

    const NAMES: &[&str] = &["mint", "track"];

    /// Numbers of the lines that are read, good or bad, up to the first that ends it all.
    fn numbers(lines: anyhow::Result<Lines<AssetRow>>) -> Vec<u64> {
        let lines = lines.into_iter().flatten();
        lines.map_while(Result::ok).map(|(number, _)| number).collect()
    }

    proptest! {
        #[test]
        fn whatever_a_file_holds_reading_it_ends_and_no_line_is_told_twice(
            head in prop_oneof![Just("mint,track\n"), Just("track, mint\r\n"), Just("")],
            body in prop_oneof![
                "(?s)([a-z]{0,5}|[\",{}:\r\n]|\"mint\":\"a\"|.){0,60}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..5000),
            ],
        ) {
            let file = [head.as_bytes(), &body].concat();
            let ends = file.iter().filter(|byte| **byte == b'\n').count() as u64;
            for numbers in [
                numbers(csv_lines(Cursor::new(file.clone()), NAMES)),
                numbers(Ok(json_lines(Cursor::new(file)))),
            ] {
                prop_assert!(numbers.is_sorted_by(|one, next| one < next));
                prop_assert!(numbers.last().is_none_or(|last| *last <= ends + 1));
            }
        }

        #[test]
        fn both_formats_say_the_same(
            rows in prop::collection::vec(("[!-~ß]([ -~ß]{0,9}[!-~ß])?", "[a-z-]{1,9}"), 1..9),
        ) {
            let (mut csv, mut jsonl) = (String::from("track,mint\n"), String::new());
            for (mint, track) in &rows {
                csv += &format!("{track},\"{}\"\n", mint.replace('"', "\"\""));
                jsonl += &format!("{}\n\n", serde_json::json!({ "mint": mint, "track": track }));
            }
            for lines in [csv_lines::<AssetRow>(Cursor::new(csv), NAMES).unwrap(), json_lines(Cursor::new(jsonl))] {
                let read = lines.map(|line| line.unwrap().1.map(|row| (row.mint, row.track)));
                prop_assert_eq!(&read.collect::<Result<Vec<_>, _>>().unwrap(), &rows);
            }
        }
    }
}
