//! What enrolment derives from the master key.

use veilpass_protocol::{MasterKey, OwnershipSealer, Pepper};

/// Keys that hide who enrolled.
pub(crate) struct EnrolmentKeys {
    pub(crate) pepper: Pepper,
    pub(crate) sealer: OwnershipSealer,
}

impl EnrolmentKeys {
    pub(crate) fn derive(master_key: &MasterKey) -> Self {
        Self { pepper: Pepper::derive(master_key), sealer: OwnershipSealer::derive(master_key) }
    }
}
