//! A client of the Veilpass API.
