//! What the node said about state, to be said again later.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// Answers that are kept of a question.
const KEPT: usize = 2_000;

/// Answers about state, by method and parameters.
#[derive(Default)]
pub(crate) struct History(Mutex<HashMap<String, VecDeque<(u64, Value)>>>);

/// Whether a method tells of state, with the slot as of which it is true.
pub(crate) fn tells_of_state(method: &str) -> bool {
    let methods = ["getLatestBlockhash", "getAccountInfo", "getMultipleAccounts", "getProgramAccounts", "getBalance"];
    methods.contains(&method)
}

impl History {
    /// Keeps a result that has a context.
    pub(crate) fn record(&self, call: &Value, result: &Value) {
        let Some(slot) = result["context"]["slot"].as_u64() else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = kept.entry(key(call)).or_default();
        answers.push_back((slot, result.clone()));
        if answers.len() > KEPT {
            answers.pop_front();
        }
    }

    /// The newest result that was true at a slot, or before.
    pub(crate) fn as_of(&self, call: &Value, slot: u64) -> Option<Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let old = kept.get(&key(call))?.iter().filter(|(of, _)| *of <= slot);
        old.max_by_key(|(of, _)| *of).map(|(_, result)| result.clone())
    }
}

fn key(call: &Value) -> String {
    format!("{} {}", call["method"], call["params"])
}
