//! Errors in log lines.

use std::error::Error;

/// An error and its causes, the nearest first: `cannot lease a job: pool timed out`.
pub fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_causes_follow_the_error() {
        let error = anyhow::anyhow!("no route").context("cannot connect").context("cannot lease a job");
        assert_eq!(error_chain(error.as_ref()), "cannot lease a job: cannot connect: no route");
    }
}
