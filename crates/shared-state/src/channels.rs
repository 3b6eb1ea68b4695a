//! Messages within this process, by the name of a channel.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast::{self, error::RecvError};

/// Messages that a subscriber may be behind; then it loses the oldest.
const BACKLOG: usize = 64;

/// Who listens to what. A channel exists while somebody listens to it, so there are no more than subscriptions.
#[derive(Default)]
pub(crate) struct Channels(Mutex<HashMap<String, broadcast::Sender<Arc<[u8]>>>>);

impl Channels {
    pub(crate) fn subscribe(self: &Arc<Self>, channel: &str) -> Subscription {
        let mut channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = channels.entry(channel.to_owned()).or_insert_with(|| broadcast::Sender::new(BACKLOG));
        Subscription { receiver: Some(sender.subscribe()), channel: channel.to_owned(), channels: Arc::clone(self) }
    }

    /// Passes a message to whoever listens here.
    pub(crate) fn deliver(&self, channel: &str, message: &[u8]) {
        let channels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = channels.get(channel) {
            let _ = sender.send(message.into());
        }
    }
}

/// The messages of one channel from now on. Whoever is 64 messages behind loses the oldest.
pub struct Subscription {
    /// None only while it is dropped.
    receiver: Option<broadcast::Receiver<Arc<[u8]>>>,
    channel: String,
    channels: Arc<Channels>,
}

impl Subscription {
    /// The next message. Never ends by itself. May be cancelled without loss.
    pub async fn next(&mut self) -> Vec<u8> {
        loop {
            let Some(receiver) = &mut self.receiver else { return std::future::pending().await };
            match receiver.recv().await {
                Ok(message) => return message.to_vec(),
                Err(RecvError::Lagged(lost)) => {
                    metrics::counter!("veilpass_messages_dropped_total", "reason" => "slow subscriber").increment(lost);
                }
                // The sender lives as long as a receiver does.
                Err(RecvError::Closed) => return std::future::pending().await,
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut channels = self.channels.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.receiver = None;
        if channels.get(&self.channel).is_some_and(|sender| sender.receiver_count() == 0) {
            channels.remove(&self.channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn subscribers_of_a_channel_get_its_messages_and_leave_nothing_behind() {
        let channels = Arc::new(Channels::default());
        let (mut one, mut two, mut other) = (channels.subscribe("a"), channels.subscribe("a"), channels.subscribe("b"));
        channels.deliver("a", b"1");
        channels.deliver("b", b"2");
        channels.deliver("nobody", b"3");
        assert_eq!((one.next().await, two.next().await, other.next().await), (vec![b'1'], vec![b'1'], vec![b'2']));
        drop((one, other));
        channels.deliver("a", b"4");
        assert_eq!(two.next().await, b"4");
        drop(two);
        assert!(channels.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn whoever_is_slow_loses_the_oldest() {
        let channels = Arc::new(Channels::default());
        let mut slow = channels.subscribe("a");
        (0..=BACKLOG as u8).for_each(|n| channels.deliver("a", &[n]));
        assert_eq!(slow.next().await, [1]);
    }
}
