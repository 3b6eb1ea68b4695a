//! Downloads that may be longer than our memory: made in pieces, as fast as the client takes them.

mod coding;
mod entity_tag;
mod pages;
mod range;

use std::{sync::Arc, time::Duration};

use axum::body::{Body, Bytes};
pub(crate) use coding::Coding;
use coding::Encoding;
pub(crate) use entity_tag::{EntityTag, insert_header};
use futures_util::stream;
use moka::future::Cache;
pub(crate) use pages::{ChangesFile, LeavesFile};
pub(crate) use range::{ALIGNMENT, RangeError, requested_range};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use veilpass_leafset::CHECKSUM_BYTES;
use veilpass_protocol::RegistryId;
use veilpass_store::{Store, StoreError};

/// Most downloads at once. Each holds two pieces of 64 kB, and what its compressor needs.
const MOST: usize = 64;
/// A client that takes no piece for so long has gone, or wants us to believe so.
const STALLED: Duration = Duration::from_secs(30);
/// Checksums that are kept: one for each version that somebody resumed.
const CHECKSUMS: u64 = 1024;

/// What downloads share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Downloads {
    store: Store,
    places: Arc<Semaphore>,
    checksums: Cache<(RegistryId, u64), [u8; CHECKSUM_BYTES]>,
}

/// A piece on its way to the client. The end is told, so that what breaks off is not taken for the whole.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Makes a file piece by piece.
pub(crate) trait Pieces: Send + 'static {
    /// Appends the next piece; `false`: that was the last.
    fn next(
        &mut self,
        downloads: &Downloads,
        out: &mut Vec<u8>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

impl Downloads {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            places: Arc::new(Semaphore::new(MOST)),
            checksums: Cache::builder().max_capacity(CHECKSUMS).build(),
        }
    }

    /// A body that is made of these pieces while it is sent; none if too many are being sent.
    pub(crate) fn body(&self, pieces: impl Pieces, coding: Coding) -> Option<Body> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(make(self.clone(), pieces, Encoding::new(coding), sender, place));
        Some(Body::from_stream(stream::unfold(Some(receiver), |receiver| async {
            let mut receiver: mpsc::Receiver<Piece> = receiver?;
            match receiver.recv().await {
                Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
                Some(Piece::End) => None,
                None => Some((Err(std::io::Error::other("the download broke off")), None)),
            }
        })))
    }
}

/// Runs until the file is made, the client has gone, or the database fails.
async fn make(
    downloads: Downloads,
    mut pieces: impl Pieces,
    mut encoding: Encoding,
    sender: mpsc::Sender<Piece>,
    _place: OwnedSemaphorePermit,
) {
    let send = async |piece| matches!(timeout(STALLED, sender.send(piece)).await, Ok(Ok(())));
    loop {
        let mut piece = Vec::new();
        let is_last = match pieces.next(&downloads, &mut piece).await {
            Ok(goes_on) => !goes_on,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "a download broke off");
                return;
            }
        };
        let coded = encoding.push(piece, is_last);
        if !coded.is_empty() && !send(Piece::Bytes(coded.into())).await {
            return;
        }
        if is_last {
            send(Piece::End).await;
            return;
        }
    }
}
