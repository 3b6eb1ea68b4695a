//! Between rows and the protocol's types.

use sqlx::{Row, postgres::PgRow};
use veilpass_protocol::{Epoch, FieldElement};

use crate::StoreError;

/// A column of the domain `field_element` as one of the protocol's newtypes.
pub(crate) fn element<T>(
    row: &PgRow,
    table: &'static str,
    column: &str,
    wrap: impl FnOnce(FieldElement) -> T,
) -> Result<T, StoreError> {
    let bytes: &[u8] = row.try_get(column)?;
    FieldElement::from_be_slice(bytes)
        .map(wrap)
        .map_err(|error| StoreError::corrupt(table, format!("{column}: {error}")))
}

/// A non-negative `bigint`.
pub(crate) fn unsigned(row: &PgRow, table: &'static str, column: &str) -> Result<u64, StoreError> {
    let value: i64 = row.try_get(column)?;
    u64::try_from(value).map_err(|_| StoreError::corrupt(table, format!("{column} is negative")))
}

/// An epoch, which Postgres holds as `numeric(20)` and the statements read as text.
pub(crate) fn epoch(row: &PgRow, table: &'static str) -> Result<Epoch, StoreError> {
    let text: &str = row.try_get("epoch")?;
    text.parse().map(Epoch).map_err(|_| StoreError::corrupt(table, "epoch"))
}

/// A count or sequence number as a `bigint`; they stay far below 2^63.
pub(crate) fn bigint(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
