//! The leaves of a registry as one download, and what changed since.
