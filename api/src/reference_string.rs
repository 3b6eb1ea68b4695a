//! The reference string for devices that prove by themselves, read when the first asks for it.

use axum::body::Bytes;
use tokio::sync::OnceCell;
use veilpass_circuit::{Crs, DeviceCrsError};

/// 176,768 bytes at most, once it was there.
#[derive(Default)]
pub(crate) struct ReferenceString(OnceCell<Bytes>);

impl ReferenceString {
    /// The bytes. Looks again while there is none: `bb` may bring it.
    pub(crate) async fn bytes(&self) -> Result<Bytes, DeviceCrsError> {
        let read = async || {
            let read = tokio::task::spawn_blocking(Crs::for_devices).await;
            read.unwrap_or(Err(DeviceCrsError::Absent)).map(Bytes::from)
        };
        self.0.get_or_try_init(read).await.cloned()
    }
}
