//! The committed OpenAPI document is what the handlers say.

use serde_json::Value;

const COMMITTED: &str = include_str!("../openapi.json");

#[test]
fn the_committed_document_is_up_to_date() {
    let generated = veilpass_api::openapi_document();
    assert!(generated == COMMITTED, "api/openapi.json is out of date: run ./veilpass generate");
}

/// What clients are generated from must not change its names by accident, nor lack what the text of the document promises.
#[test]
fn every_operation_is_named_described_and_answers_errors_as_problems() {
    let document: Value = serde_json::from_str(COMMITTED).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{place}: its name is taken");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{place}: no summary");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let health = path == "/readyz";
                if status.as_str() >= "400" && !health {
                    assert!(response["content"]["application/problem+json"].is_object(), "{place}: {status}");
                }
            }
        }
    }
    assert!(names.len() >= 9);
}
