//! Downloads that may be longer than our memory: made in pieces, as fast as the client takes them.

mod coding;
mod entity_tag;
mod pages;
mod places;
mod range;

use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
pub(crate) use coding::Coding;
use coding::Encoding;
pub(crate) use entity_tag::{EntityTag, insert_header};
use futures_util::stream;
use moka::future::Cache;
pub(crate) use pages::{ChangesFile, LeavesFile};
pub(crate) use places::Downloader;
use places::{Place, Places};
pub(crate) use range::{ALIGNMENT, RangeError, requested_range};
use tokio::{sync::mpsc, time::timeout};
use veilpass_leafset::CHECKSUM_BYTES;
use veilpass_protocol::RegistryId;
use veilpass_store::{Store, StoreError};

use crate::problem::Problem;

/// A client that takes no piece for so long has gone, or wants us to believe so.
const STALLED: Duration = Duration::from_secs(30);
/// Bytes a second: a client that goes on more slowly than this is no better.
const SLOWEST: f64 = 16_384.0;
/// Checksums that are kept: one for each version that somebody resumed.
const CHECKSUMS: u64 = 1024;

/// What downloads share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Downloads {
    store: Store,
    places: Places,
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
        Self { store, places: Places::default(), checksums: Cache::builder().max_capacity(CHECKSUMS).build() }
    }

    /// A body that is made of these pieces while it is sent; a problem if too many are being sent. For `HEAD` none is made, and
    /// no place is taken.
    pub(crate) fn body(&self, to: &Downloader, pieces: impl Pieces, coding: Coding) -> Result<Body, Problem> {
        if to.is_head {
            // Not an empty body: that has a length, which would be told as the file's.
            return Ok(Body::from_stream(stream::empty::<std::io::Result<Bytes>>()));
        }
        let place = self.places.enter(to.client)?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(make(self.clone(), pieces, Encoding::new(coding), sender, place));
        Ok(Body::from_stream(stream::unfold(Some(receiver), |receiver| async {
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
    _place: Place,
) {
    let send = async |piece, patience| matches!(timeout(patience, sender.send(piece)).await, Ok(Ok(())));
    let mut patience = STALLED;
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
        if !coded.is_empty() {
            let (bytes, since) = (coded.len(), Instant::now());
            if !send(Piece::Bytes(coded.into()), patience).await {
                return;
            }
            patience = patience_after(patience, since.elapsed(), bytes);
        }
        if is_last {
            send(Piece::End, patience).await;
            return;
        }
    }
}

/// For how long the next piece may wait to be taken, when one of so many bytes has waited: who is slow uses its patience up, and
/// who is fast gets it back.
fn patience_after(patience: Duration, waited: Duration, bytes: usize) -> Duration {
    let earned = Duration::from_secs_f64(bytes as f64 / SLOWEST);
    (patience.saturating_sub(waited) + earned).min(STALLED)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use veilpass_store::StoreConfig;

    use super::{places::MOST_OF_A_CLIENT, *};

    /// A file without end.
    struct Endless;

    impl Pieces for Endless {
        async fn next(&mut self, _downloads: &Downloads, out: &mut Vec<u8>) -> Result<bool, StoreError> {
            out.resize(1024, 7);
            Ok(true)
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_of_its_downloads_leaves_room_for_others() {
        // Nothing is asked of the database.
        let store = Store::connect_lazy("postgres://nobody@127.0.0.1:1/none", &StoreConfig::default()).unwrap();
        let downloads = Downloads::new(store);
        let ask =
            |client, is_head| downloads.body(&Downloader { client: [client; 32], is_head }, Endless, Coding::Identity);
        let held: Vec<Body> = (0..MOST_OF_A_CLIENT).map(|_| ask(1, false).unwrap()).collect();
        tokio::task::yield_now().await;
        let refused = ask(1, false).err().unwrap().into_response();
        assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "5"));
        assert!(ask(2, false).is_ok(), "another client");
        assert!((0..100).all(|_| ask(1, true).is_ok()), "nothing is sent");
        drop(held);
        let mut tries = 0;
        while ask(1, false).is_err() {
            tries += 1;
            assert!(tries < 1_000, "whoever has gone has no place");
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn a_client_that_takes_a_piece_now_and_then_is_given_up_and_a_slow_one_is_not() {
        let lasts = |seconds| {
            let (mut patience, waited) = (STALLED, Duration::from_secs(seconds));
            (0..100).all(|_| {
                let is_in_time = waited < patience;
                patience = patience_after(patience, waited, 65_536);
                is_in_time
            })
        };
        assert!(lasts(4), "16 kB a second");
        assert!(!lasts(5) && !lasts(29));
        let pause = patience_after(STALLED, Duration::from_secs(29), 65_536);
        let on = (0..10).fold(pause, |patience, _| patience_after(patience, Duration::ZERO, 65_536));
        assert_eq!(on, STALLED, "a pause is forgotten");
    }
}
