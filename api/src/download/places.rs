//! Who is sent a file at the moment: so many in all, and a few of one client.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};

use crate::{problem::Problem, state::AppState};

/// Most downloads at once. Each holds two pieces of 64 kB, and what its compressor needs.
const MOST: usize = 64;
/// Most of these that are one client's, which may take its time with each.
pub(super) const MOST_OF_A_CLIENT: usize = 4;

/// Who asks for a file.
pub(crate) struct Downloader {
    /// The client's name for this purpose.
    pub(super) client: [u8; 32],
    /// `HEAD`: it is sent nothing of the file.
    pub(super) is_head: bool,
}

impl FromRequestParts<AppState> for Downloader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let client = state.clients.name_of("downloads", &parts.extensions, &parts.headers);
        Ok(Self { client, is_head: parts.method == Method::HEAD })
    }
}

/// How many places each client has that has one. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<[u8; 32], usize>>>);

/// A place for one download, until dropped.
pub(super) struct Place {
    places: Places,
    client: [u8; 32],
}

impl Places {
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], usize>> {
        // Nothing that holds it panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more download of this client, or why there is none.
    pub(super) fn enter(&self, client: [u8; 32]) -> Result<Place, Problem> {
        let mut taken = self.lock();
        if taken.get(&client).is_some_and(|mine| *mine >= MOST_OF_A_CLIENT) {
            return Err(Problem::too_many_downloads());
        }
        if taken.values().sum::<usize>() >= MOST {
            return Err(Problem::overloaded());
        }
        *taken.entry(client).or_default() += 1;
        Ok(Place { places: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        if let Some(mine) = taken.get_mut(&self.client) {
            *mine -= 1;
            if *mine == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn a_client_has_a_few_places_and_all_have_no_more_than_there_are() {
        let places = Places::default();
        let refused =
            |client| places.enter([client; 32]).err().map(|problem| problem.into_response().status().as_u16());
        let mut taken: Vec<Place> = Vec::new();
        for client in 0..16 {
            taken.extend((0..4).map(|_| places.enter([client; 32]).unwrap()));
            assert_eq!(refused(client), Some(429), "its fifth");
        }
        assert_eq!(refused(99), Some(503), "none is left");
        taken.remove(0);
        assert_eq!((refused(0), refused(1), refused(99)), (None, Some(429), None), "of whoever comes");
        drop(taken);
        assert!(places.lock().is_empty(), "nobody is remembered");
    }
}
