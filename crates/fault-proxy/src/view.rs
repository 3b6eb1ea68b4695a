//! The chain as a node shows it that lags or is on another fork.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use serde_json::{Value, json};

use crate::{
    Fault,
    faults::Fork,
    history::tells_of_state,
    node::{Gone, Node},
};

/// Most signatures that a node lists at once.
const PAGE: usize = 1000;

/// What is shown.
struct View {
    lag: u64,
    confirmed: u64,
    finalized: u64,
    forks: Arc<HashMap<String, Fork>>,
}

impl Node {
    /// Answers a call as the node would if it lagged or were on another fork as much as it is told to.
    pub(crate) async fn seen(&self, method: &str, call: &Value) -> Result<Value, Gone> {
        let state = self.faults().state();
        let distorted = state.lag > 0 || !state.forks.is_empty();
        // The view is older than the answer: what is newer than the view is hidden.
        let view = if distorted { Some(self.view(state.lag, state.forks).await?) } else { None };
        if let Some(view) = &view {
            if least_slot(&call["params"]) > view.confirmed {
                return Ok(refusal(call, Fault::SlotNotReached));
            }
            if method == "getSignaturesForAddress" {
                let result = self.list(&call["params"], view).await?;
                return Ok(json!({"jsonrpc": "2.0", "id": call["id"], "result": result}));
            }
        }
        let mut answer = self.pass(call).await?;
        let Some(result) = answer.get_mut("result") else { return Ok(answer) };
        if tells_of_state(method) {
            self.history.record(call, result);
        }
        let Some(view) = view else { return Ok(answer) };
        match method {
            "getSlot" | "getBlockHeight" => {
                *result = result.as_u64().ok_or(Gone)?.saturating_sub(view.lag).into();
            }
            "getTransaction" => view.transaction(&call["params"], result),
            "getSignatureStatuses" => view.statuses(&call["params"][0], result),
            _ if view.lag > 0 && tells_of_state(method) && result.get("context").is_some() => {
                let Some(old) = self.history.as_of(call, view.confirmed) else {
                    return Ok(refusal(call, Fault::NodeBehind));
                };
                *result = old;
            }
            _ => {}
        }
        Ok(answer)
    }

    async fn view(&self, lag: u64, forks: Arc<HashMap<String, Fork>>) -> Result<View, Gone> {
        let mut shown = [0; 2];
        for (shown, commitment) in shown.iter_mut().zip(["finalized", "confirmed"]) {
            let slot = self.ask("getSlot", json!([{"commitment": commitment}])).await?;
            *shown = slot.as_u64().ok_or(Gone)?.saturating_sub(lag);
        }
        Ok(View { lag, finalized: shown[0], confirmed: shown[1], forks })
    }

    /// All that the node lists is distorted before a page is cut from it: a page that is short is the last one.
    async fn list(&self, params: &Value, view: &View) -> Result<Value, Gone> {
        let mut entries: Vec<Value> = vec![];
        loop {
            let before = entries.last().map(|entry| entry["signature"].clone());
            let config = json!({"before": before, "limit": PAGE, "commitment": "confirmed"});
            let Value::Array(page) = self.ask("getSignaturesForAddress", json!([params[0], config])).await? else {
                return Err(Gone);
            };
            let full = page.len() == PAGE;
            entries.extend(page);
            if !full {
                break;
            }
        }
        entries.retain_mut(|entry| {
            let Some(slot) = view.slot(&entry["signature"], &entry["slot"]) else { return false };
            entry["slot"] = slot.into();
            // A node shows what is processed only, too: that is as it was.
            if entry["confirmationStatus"] != "processed" {
                entry["confirmationStatus"] = view.status(slot).into();
            }
            params[1]["commitment"] != "finalized" || slot <= view.finalized
        });
        entries.sort_by_key(|entry| Reverse(entry["slot"].as_u64()));
        let place = |name: &str| {
            let wanted = &params[1][name];
            (!wanted.is_null()).then(|| entries.iter().position(|entry| entry["signature"] == *wanted))
        };
        // A `before` that a node does not know is after everything, an `until` before everything.
        let start = place("before").map_or(0, |at| at.map_or(entries.len(), |at| at + 1));
        let end = place("until").flatten().unwrap_or(entries.len());
        let limit = params[1]["limit"].as_u64().map_or(PAGE, |limit| limit as usize);
        Ok(entries.drain(start.min(end)..end).take(limit).collect())
    }
}

fn refusal(call: &Value, fault: Fault) -> Value {
    json!({"jsonrpc": "2.0", "id": call["id"], "error": fault.error()})
}

/// The slot that a node must have reached to be asked.
fn least_slot(params: &Value) -> u64 {
    let configs = params.as_array().into_iter().flatten();
    configs.filter_map(|config| config["minContextSlot"].as_u64()).max().unwrap_or_default()
}

impl View {
    /// The slot that a transaction is shown in, if it is shown.
    fn slot(&self, signature: &Value, slot: &Value) -> Option<u64> {
        let slot = match self.forks.get(signature.as_str()?) {
            None => slot.as_u64()?,
            Some(Fork::Dead) => return None,
            Some(Fork::MovedTo(slot)) => *slot,
        };
        (slot <= self.confirmed).then_some(slot)
    }

    fn status(&self, slot: u64) -> &'static str {
        if slot <= self.finalized { "finalized" } else { "confirmed" }
    }

    fn transaction(&self, params: &Value, result: &mut Value) {
        let slot = self.slot(&params[0], &result["slot"]);
        let wanted = |slot: &u64| params[1]["commitment"] != "finalized" || *slot <= self.finalized;
        match slot.filter(wanted) {
            Some(slot) if result.is_object() => result["slot"] = slot.into(),
            _ => *result = Value::Null,
        }
    }

    fn statuses(&self, signatures: &Value, result: &mut Value) {
        let told = result["context"]["slot"].as_u64().unwrap_or_default();
        result["context"]["slot"] = told.saturating_sub(self.lag).into();
        let Some(statuses) = result["value"].as_array_mut() else { return };
        for (place, status) in statuses.iter_mut().enumerate() {
            match self.slot(&signatures[place], &status["slot"]) {
                Some(slot) if status.is_object() => {
                    status["slot"] = slot.into();
                    let finalized = slot <= self.finalized;
                    status["confirmations"] = if finalized { Value::Null } else { 1.into() };
                    if status["confirmationStatus"] != "processed" {
                        status["confirmationStatus"] = self.status(slot).into();
                    }
                }
                _ => *status = Value::Null,
            }
        }
    }
}
