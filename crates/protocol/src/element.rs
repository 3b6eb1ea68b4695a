//! Newtypes over [`FieldElement`], so that a track can never be passed where a token is meant.

use serde::{Deserialize, Serialize};

use crate::field::{FIELD_BYTES, FieldElement, ParseFieldError};

macro_rules! field_newtype {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(FieldElement);

        impl $name {
            /// Wraps a field element that is known to be one of these.
            pub const fn new(element: FieldElement) -> Self {
                Self(element)
            }

            /// The element itself.
            pub const fn element(self) -> FieldElement {
                self.0
            }

            /// Parses the canonical 32 big-endian bytes.
            pub fn from_be_bytes(bytes: &[u8; FIELD_BYTES]) -> Result<Self, ParseFieldError> {
                FieldElement::from_be_bytes(bytes).map(Self)
            }

            /// Parses a slice, which must be the canonical 32 big-endian bytes.
            pub fn from_be_slice(bytes: &[u8]) -> Result<Self, ParseFieldError> {
                FieldElement::from_be_slice(bytes).map(Self)
            }

            /// The canonical encoding: 32 bytes, big-endian.
            pub fn to_be_bytes(self) -> [u8; FIELD_BYTES] {
                self.0.to_be_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseFieldError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

field_newtype! {
    /// Names a registry: one tree of enrolled tokens.
    RegistryId,
    /// Names a track of a registry: what a token unlocks.
    TrackId,
    /// Names a token: derived from its mint. Private to the holder and the enrolment record.
    TokenId,
    /// `H(IDENTITY, s)`: what enrolment publishes of a listener's secret.
    Commitment,
    /// `H(LEAF, C, token_id, track_id)`, or 0 for an empty place.
    Leaf,
    /// A node of the registry tree, at any level.
    Node,
    /// The node at the top of the registry tree.
    MerkleRoot,
    /// `H(SCOPE, registry_id, track_id, epoch)`: where an identity may be spent once.
    Scope,
    /// `H(NULLIFIER, s, scope)`: marks an identity as spent in a scope.
    Nullifier,
    /// 248 bits that bind a proof to one session, audience and expiry.
    Context,
}

impl Leaf {
    /// The value of a place without an enrolled token. No preimage of it under `H` is known, so it is never a member.
    pub const EMPTY: Self = Self(FieldElement::ZERO);
}

impl Leaf {
    /// The leaf as the lowest node of the tree.
    pub const fn as_node(self) -> Node {
        Node(self.0)
    }
}
