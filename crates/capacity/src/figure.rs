//! What the model prints.

use serde::Serialize;
use serde_json::Value;

/// One figure, of the same shape as the lines of `./veilpass bench ... --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Of this figure in its scenario.
    pub name: String,
    /// Rounded to three decimals.
    pub value: f64,
    /// `workers`, `s`, `%`, `MB` (10^6 bytes), ...
    pub unit: &'static str,
    /// The scenario: what was assumed, under `scenario` its title.
    pub context: Value,
}

/// Collects the figures of one scenario.
pub(crate) struct Figures {
    context: Value,
    all: Vec<Figure>,
}

impl Figures {
    pub(crate) fn new(context: Value) -> Self {
        Self { context, all: vec![] }
    }

    pub(crate) fn add(&mut self, name: &str, value: f64, unit: &'static str) {
        let value = libm::round(value * 1e3) / 1e3;
        self.all.push(Figure { name: name.to_owned(), value, unit, context: self.context.clone() });
    }

    pub(crate) fn into_all(self) -> Vec<Figure> {
        self.all
    }
}
