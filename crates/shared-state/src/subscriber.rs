//! The connection that listens to other replicas, and the task that tells them.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use redis::{Client, cmd};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::{
    channels::Channels,
    link::{CONNECT_TIMEOUT, Link, PROBE, RESPONSE_TIMEOUT},
    redis_store::PREFIX,
};

/// Messages that may wait to be sent to other replicas.
pub(crate) const OUTBOX: usize = 1024;
/// Longest message, in bytes.
pub(crate) const MESSAGE_BYTES: usize = 64 << 10;
/// How often a silent connection is asked whether it lives.
const PING: Duration = Duration::from_secs(5);
const SENDER_BYTES: usize = 16;

/// A message for the other replicas.
pub(crate) struct Outgoing {
    pub(crate) channel: String,
    pub(crate) message: Vec<u8>,
}

/// Sends messages to the other replicas, as long as Redis is there; what is sent while it is away is lost.
pub(crate) async fn tell_others(link: Arc<Link>, sender: Uuid, mut outbox: mpsc::Receiver<Outgoing>) {
    while let Some(Outgoing { channel, message }) = outbox.recv().await {
        let mut publish = cmd("PUBLISH");
        publish.arg(format!("{PREFIX}channel:{channel}")).arg([sender.as_bytes(), message.as_slice()].concat());
        if link.run(async |mut link| publish.query_async::<()>(&mut link).await).await.is_err() {
            metrics::counter!("veilpass_messages_dropped_total", "reason" => "redis away").increment(1);
        }
    }
}

/// Passes on what other replicas say; connects again for ever.
pub(crate) async fn hear_others(client: Client, sender: Uuid, channels: Arc<Channels>) {
    loop {
        match hear(&client, sender, &channels).await {
            Ok(()) => tracing::debug!("the connection for messages of other replicas ended"),
            Err(error) => tracing::debug!(error, "no messages of other replicas at the moment"),
        }
        sleep(PROBE).await;
    }
}

async fn hear(client: &Client, sender: Uuid, channels: &Channels) -> Result<(), String> {
    let describe = |error: redis::RedisError| error.to_string();
    let late = |_| "no answer in time".to_owned();
    let pubsub = timeout(CONNECT_TIMEOUT, client.get_async_pubsub()).await.map_err(late)?.map_err(describe)?;
    let (mut sink, mut stream) = pubsub.split();
    // All channels at once: a subscription counts from the moment it is made, without a round trip.
    let prefix = format!("{PREFIX}channel:");
    timeout(RESPONSE_TIMEOUT, sink.psubscribe(format!("{prefix}*"))).await.map_err(late)?.map_err(describe)?;
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            () = sleep(PING) => {
                // The stream must be read meanwhile, or the answer does not come through.
                let mut heard = Vec::new();
                let ping = timeout(RESPONSE_TIMEOUT, sink.ping::<redis::Value>());
                tokio::pin!(ping);
                loop {
                    tokio::select! {
                        answer = &mut ping => break answer.map_err(late)?.map_err(describe)?,
                        message = stream.next(), if heard.len() < OUTBOX => match message {
                            Some(message) => heard.push(message),
                            None => return Ok(()),
                        }
                    };
                };
                heard.iter().for_each(|message| deliver(message, &prefix, sender, channels));
                continue;
            }
        };
        let Some(message) = message else { return Ok(()) };
        deliver(&message, &prefix, sender, channels);
    }
}

/// Our own messages were delivered when they were sent.
fn deliver(message: &redis::Msg, prefix: &str, ours: Uuid, channels: &Channels) {
    let Some(channel) = message.get_channel_name().strip_prefix(prefix) else { return };
    if let Some((sender, content)) = message.get_payload_bytes().split_at_checked(SENDER_BYTES)
        && sender != ours.as_bytes()
        && content.len() <= MESSAGE_BYTES
    {
        channels.deliver(channel, content);
    }
}
