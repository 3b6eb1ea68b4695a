//! How many streams of events are open: in all, and for each client, of whose streams the oldest gives way.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::client_address::StreamClient;

/// The open streams.
pub(crate) struct EventStreams {
    most: usize,
    most_per_client: usize,
    open: Mutex<Open>,
    /// The API stops: all streams end.
    pub(crate) stopping: CancellationToken,
}

#[derive(Default)]
struct Open {
    count: usize,
    next_number: u64,
    /// Those of each client that were not told to give way, the oldest first.
    of_client: HashMap<StreamClient, VecDeque<(u64, oneshot::Sender<()>)>>,
}

/// A place for one stream, until dropped.
pub(crate) struct StreamPlace {
    streams: Arc<EventStreams>,
    client: StreamClient,
    number: u64,
    /// Completes when a newer stream of the same client takes its place.
    pub(crate) replaced: oneshot::Receiver<()>,
}

impl EventStreams {
    pub(crate) fn new(most: usize, most_per_client: usize) -> Self {
        Self { most, most_per_client, open: Mutex::default(), stopping: CancellationToken::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing that holds it panics half-way through a change.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a stream of this client; none if as many are open as may be. Tells the client's oldest to give way if it has
    /// too many.
    pub(crate) fn enter(self: &Arc<Self>, client: StreamClient) -> Option<StreamPlace> {
        let mut open = self.lock();
        if open.count >= self.most {
            return None;
        }
        open.count += 1;
        open.next_number += 1;
        let number = open.next_number;
        let (give_way, replaced) = oneshot::channel();
        let mine = open.of_client.entry(client).or_default();
        mine.push_back((number, give_way));
        if mine.len() > self.most_per_client
            && let Some((_, oldest)) = mine.pop_front()
        {
            // If it has ended meanwhile, all the better.
            let _ = oldest.send(());
        }
        Some(StreamPlace { streams: Arc::clone(self), client, number, replaced })
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        open.count -= 1;
        if let Some(mine) = open.of_client.get_mut(&self.client) {
            mine.retain(|(number, _)| *number != self.number);
            if mine.is_empty() {
                open.of_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_stream_of_a_client_gives_way_and_the_number_of_all_is_bounded() {
        let streams = Arc::new(EventStreams::new(5, 3));
        let (one, other) = (StreamClient([1; 32]), StreamClient([2; 32]));
        let mut of_one: Vec<StreamPlace> = (0..3).map(|_| streams.enter(one).unwrap()).collect();
        let mut of_other = streams.enter(other).unwrap();
        assert!(of_one.iter_mut().all(|place| place.replaced.try_recv().is_err()));
        of_one.push(streams.enter(one).unwrap());
        assert!(of_one[0].replaced.try_recv().is_ok(), "the first");
        assert!(of_one[1..].iter_mut().all(|place| place.replaced.try_recv().is_err()), "and no other");
        assert!(of_other.replaced.try_recv().is_err());
        assert!(streams.enter(other).is_none(), "five are open until the first has gone");
        of_one.remove(0);
        drop(streams.enter(other).unwrap());
        drop((of_one, of_other));
        assert!(streams.lock().count == 0 && streams.lock().of_client.is_empty());
    }
}
