//! Figures as tables in Markdown.

use std::{error::Error, fmt};

use serde_json::Value;

use crate::Figure;

/// One table for each question, in the order of the figures: a scenario is a row, a figure a column.
pub fn markdown(figures: &[Figure]) -> Vec<(String, String)> {
    let text = |figure: &Figure, key: &str| figure.context.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let mut questions: Vec<String> = figures.iter().map(|figure| text(figure, "question")).collect();
    questions.dedup();
    let table = |question: &String| {
        let of_question: Vec<&Figure> = figures.iter().filter(|figure| text(figure, "question") == *question).collect();
        (question.clone(), table(&of_question, |figure| text(figure, "scenario")))
    };
    questions.iter().map(table).collect()
}

/// A document has no place for a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlace(String);

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no lines `<!-- model: {0} -->` and, after it, `<!-- end of {0} -->`", self.0)
    }
}

impl Error for NoPlace {}

/// The document with each table between its marks, in place of what was there.
pub fn fill(document: &str, figures: &[Figure]) -> Result<String, NoPlace> {
    markdown(figures).into_iter().try_fold(document.to_owned(), |document, (question, table)| {
        let (begin, end) = (format!("<!-- model: {question} -->\n"), format!("<!-- end of {question} -->\n"));
        let place = document.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
        let Some((before, after)) = place else { return Err(NoPlace(question)) };
        Ok(format!("{before}{begin}{table}{end}{after}"))
    })
}

fn table(figures: &[&Figure], scenario: impl Fn(&Figure) -> String) -> String {
    let mut columns: Vec<(&str, &str)> = vec![];
    let mut rows: Vec<(String, Vec<String>)> = vec![];
    for figure in figures {
        let (name, title) = (figure.name.as_str(), scenario(figure));
        if !columns.iter().any(|(known, _)| *known == name) {
            columns.push((name, figure.unit));
        }
        if rows.last().is_none_or(|(last, _)| *last != title) {
            rows.push((title, vec![]));
        }
        if let Some((_, values)) = rows.last_mut() {
            values.push(number(figure.value));
        }
    }
    let heads: Vec<String> = columns.iter().map(|(name, unit)| head(name, unit)).collect();
    let mut lines =
        vec![format!("| scenario | {} |", heads.join(" | ")), format!("|---|{}", "---:|".repeat(heads.len()))];
    lines.extend(rows.iter().map(|(title, values)| format!("| {title} | {} |", values.join(" | "))));
    lines.join("\n") + "\n"
}

/// `model_root_wait_p50_s` in seconds is `root wait p50 (s)`.
fn head(name: &str, unit: &str) -> String {
    let name = name.strip_prefix("model_").unwrap_or(name);
    let suffix = ["_per_cent", "_ms", "_mb", "_s", "_minutes", "_sol_per_day"]
        .into_iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name);
    let unit = if name.ends_with("_sol_per_day") { "SOL a day" } else { unit };
    let words = suffix.replace('_', " ");
    if words.ends_with(unit) { words } else { format!("{words} ({unit})") }
}

/// Three figures that count, and no more digits than there are of a whole number.
fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = 2 - libm::floor(libm::log10(libm::fabs(value))) as i32;
    if digits <= 0 {
        let unit = libm::pow(10.0, f64::from(-digits));
        let whole = (libm::round(value / unit) * unit) as i64;
        return thousands(whole);
    }
    let text = format!("{value:.*}", digits.min(3) as usize);
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    text.to_owned()
}

fn thousands(whole: i64) -> String {
    let digits = whole.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_three_figures() {
        let texts = [0.0, 0.0386, 0.5, 1.5, 12.34, 123.4, 1234.0, 7100.0, 1_000_000.0].map(number);
        assert_eq!(texts, ["0", "0.039", "0.5", "1.5", "12.3", "123", "1,230", "7,100", "1,000,000"]);
    }

    #[test]
    fn a_scenario_is_a_row() {
        let figure = |scenario: &str, name: &str, value| Figure {
            name: name.to_owned(),
            value,
            unit: "s",
            context: json!({ "scenario": scenario, "question": "roots" }),
        };
        let figures =
            [figure("a", "model_wait_s", 1.0), figure("a", "model_age_s", 2.0), figure("b", "model_wait_s", 3.0)];
        let expected = "| scenario | wait (s) | age (s) |\n|---|---:|---:|\n| a | 1 | 2 |\n| b | 3 |\n";
        assert_eq!(markdown(&figures), [("roots".to_owned(), expected.to_owned())]);
    }

    #[test]
    fn a_table_takes_the_place_between_its_marks() {
        let context = json!({ "scenario": "a", "question": "roots" });
        let figures = [Figure { name: "model_wait_s".to_owned(), value: 1.0, unit: "s", context }];
        let document = "before\n<!-- model: roots -->\nold\n<!-- end of roots -->\nafter\n";
        let filled = fill(document, &figures).unwrap();
        assert!(filled.starts_with("before\n<!-- model: roots -->\n| scenario | wait (s) |\n"), "{filled}");
        assert!(filled.ends_with("| a | 1 |\n<!-- end of roots -->\nafter\n"), "{filled}");
        assert_eq!(fill(&filled, &figures).unwrap(), filled);
        assert!(fill("<!-- end of roots -->\n<!-- model: roots -->\n", &figures).is_err());
    }
}
