//! Times and the place.

use veilpass_siws::{CLOCK_SKEW_SECONDS, EnrolmentMessage, MAX_LIFETIME_SECONDS, Timestamp, VerifyError};

use crate::fixture::{ISSUED, message};

fn lasting(seconds: u64) -> EnrolmentMessage {
    EnrolmentMessage { expires_at: Timestamp::from_unix(ISSUED + seconds), ..message() }
}

#[test]
fn a_message_counts_from_its_issue_to_its_expiry() {
    let message = lasting(600);
    message.check_terms(ISSUED).unwrap();
    message.check_terms(ISSUED + 599).unwrap();
    assert_eq!(message.check_terms(ISSUED + 600), Err(VerifyError::Expired));
    message.check_terms(ISSUED - CLOCK_SKEW_SECONDS).unwrap();
    assert_eq!(message.check_terms(ISSUED - CLOCK_SKEW_SECONDS - 1), Err(VerifyError::FromTheFuture));
}

#[test]
fn it_does_not_live_long() {
    lasting(MAX_LIFETIME_SECONDS).check_terms(ISSUED).unwrap();
    assert_eq!(lasting(MAX_LIFETIME_SECONDS + 1).check_terms(ISSUED), Err(VerifyError::Lifetime));
    assert_eq!(lasting(0).check_terms(ISSUED), Err(VerifyError::Lifetime));
    let backwards = EnrolmentMessage { expires_at: Timestamp::from_unix(ISSUED - 1), ..message() };
    assert_eq!(backwards.check_terms(ISSUED - 2), Err(VerifyError::Lifetime));
}

#[test]
fn the_uri_is_of_the_domain() {
    let elsewhere = EnrolmentMessage { uri: "https://evil.example".parse().unwrap(), ..message() };
    assert_eq!(elsewhere.check_terms(ISSUED), Err(VerifyError::OtherDomain));
    let port = EnrolmentMessage { uri: "https://listen.example:8443".parse().unwrap(), ..message() };
    assert_eq!(port.check_terms(ISSUED), Err(VerifyError::OtherDomain));
}
