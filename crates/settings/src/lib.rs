//! Settings from a file, the environment and flags, checked in one place.
