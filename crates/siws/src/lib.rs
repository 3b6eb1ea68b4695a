//! Sign-In With Solana messages for enrolment, parsed strictly.
