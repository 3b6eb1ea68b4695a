//! From a transaction, as a node tells it, to the program's events.

use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, TransactionBinaryEncoding, UiCompiledInstruction,
    UiInstruction, option_serializer::OptionSerializer,
};

use crate::{Event, PROGRAM_ID};

/// Most digits of an instruction's data in base58: the runtime takes 10,240 bytes. Decoding is quadratic.
const MOST_DIGITS: usize = 14_000;

/// Data of the program's instructions to itself that are events, in order, known to this build or not; none of a transaction
/// that failed. An error says what could not be read.
pub fn event_data(transaction: &EncodedConfirmedTransactionWithStatusMeta) -> Result<Vec<Vec<u8>>, &'static str> {
    let meta = transaction.transaction.meta.as_ref().ok_or("the node does not tell how it ended")?;
    if meta.err.is_some() {
        return Ok(vec![]);
    }
    // Base64 is what we ask for; base58 of any length is quadratic.
    let encoded = &transaction.transaction.transaction;
    let is_base64 = matches!(encoded, EncodedTransaction::Binary(_, TransactionBinaryEncoding::Base64));
    if !is_base64 {
        return Err("a transaction in another encoding than was asked for");
    }
    let decoded = encoded.decode().ok_or("a transaction of a form that is not known")?;
    let mut accounts = decoded.message.static_account_keys().to_vec();
    if let OptionSerializer::Some(loaded) = &meta.loaded_addresses {
        for address in loaded.writable.iter().chain(&loaded.readonly) {
            accounts.push(address.parse().map_err(|_| "an address that is none")?);
        }
    }
    let is_ours = |index: u8| accounts.get(usize::from(index)) == Some(&PROGRAM_ID);
    let OptionSerializer::Some(groups) = &meta.inner_instructions else {
        return Err("the node does not tell inner instructions");
    };
    let mut events = vec![];
    for group in groups {
        let outer = decoded.message.instructions().get(usize::from(group.index)).ok_or("no outer instruction")?;
        // Programs from the outer one down to the one that runs.
        let mut stack = vec![is_ours(outer.program_id_index)];
        for inner in &group.instructions {
            let UiInstruction::Compiled(inner) = inner else { return Err("a parsed instruction") };
            let called_by_us = caller(&mut stack, inner, is_ours(inner.program_id_index));
            if called_by_us && is_ours(inner.program_id_index) {
                let data = decode_base58(&inner.data)?;
                if Event::is_instruction_data(&data) {
                    events.push(data);
                }
            }
        }
    }
    Ok(events)
}

/// Whether the program called that instruction. Old nodes do not tell the height; then the program's own check has to do,
/// that its event authority signed.
fn caller(stack: &mut Vec<bool>, inner: &UiCompiledInstruction, ours: bool) -> bool {
    let Some(height) = inner.stack_height else { return true };
    // The outer instruction is at height 1.
    stack.truncate((height as usize).saturating_sub(1).max(1));
    let called_by_us = stack.last().copied().unwrap_or(false);
    stack.push(ours);
    called_by_us
}

fn decode_base58(text: &str) -> Result<Vec<u8>, &'static str> {
    if text.len() > MOST_DIGITS {
        return Err("data longer than an instruction's");
    }
    bs58::decode(text).into_vec().map_err(|_| "data that are not base58")
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde_json::{Value, json};

    use super::*;

    /// A legacy transaction with one instruction to the program: a signature, the header, two accounts, a blockhash.
    fn bytes() -> Vec<u8> {
        let message = [&[1, 0, 1, 2][..], &[9; 32], PROGRAM_ID.as_array(), &[5; 32], &[1, 1, 0, 0]].concat();
        [&[1][..], &[7; 64], &message].concat()
    }

    /// An answer about it, with one inner instruction to the program.
    fn answer(data: &str) -> Value {
        let inner = json!({"programIdIndex": 1, "accounts": [], "data": data, "stackHeight": 2});
        json!({"slot": 42, "blockTime": null, "transaction": [BASE64_STANDARD.encode(bytes()), "base64"],
            "meta": {"err": null, "status": {"Ok": null}, "fee": 0, "preBalances": [], "postBalances": [],
                "innerInstructions": [{"index": 0, "instructions": [inner]}]}})
    }

    fn read(answer: Value) -> Result<usize, &'static str> {
        event_data(&serde_json::from_value(answer).unwrap()).map(|events| events.len())
    }

    fn event() -> String {
        bs58::encode([0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d]).into_string()
    }

    #[test]
    fn events_are_what_the_program_sends_to_itself() {
        assert_eq!(read(answer(&event())), Ok(1));
        assert_eq!(read(answer("2")), Ok(0), "no event");
        let mut elsewhere = answer(&event());
        elsewhere["meta"]["innerInstructions"][0]["instructions"][0]["programIdIndex"] = json!(0);
        assert_eq!(read(elsewhere), Ok(0));
        let mut failed = answer(&event());
        failed["meta"]["err"] = json!("AccountInUse");
        assert_eq!(read(failed), Ok(0));
        // The program runs inside of another, which sends it what looks like its event.
        let mut by_another = answer(&event());
        by_another["meta"]["loadedAddresses"] = json!({"writable": [], "readonly": [PROGRAM_ID.to_string()]});
        by_another["meta"]["innerInstructions"][0]["instructions"][0]["programIdIndex"] = json!(2);
        let transaction = bytes();
        let ours = transaction.windows(32).position(|window| window == PROGRAM_ID.as_array()).unwrap();
        let other = [&transaction[..ours], &[6; 32], &transaction[ours + 32..]].concat();
        by_another["transaction"][0] = json!(BASE64_STANDARD.encode(other));
        assert_eq!(read(by_another), Ok(0));
    }

    #[test]
    fn what_would_take_long_to_decode_is_not_decoded() {
        let mut base58 = answer(&event());
        base58["transaction"] = json!([bs58::encode(bytes()).into_string(), "base58"]);
        assert_eq!(read(base58), Err("a transaction in another encoding than was asked for"));
        let mut legacy = answer(&event());
        legacy["transaction"] = json!(bs58::encode(bytes()).into_string());
        assert_eq!(read(legacy), Err("a transaction in another encoding than was asked for"));
        assert_eq!(read(answer(&"2".repeat(MOST_DIGITS + 1))), Err("data longer than an instruction's"));
        let longest = bs58::encode([255; 10_240]).into_string();
        assert!(longest.len() <= MOST_DIGITS);
        assert_eq!(read(answer(&longest)), Ok(0));
    }
}
