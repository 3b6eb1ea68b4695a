//! The two files that are downloaded, made from the log of leaf changes a page at a time.

use std::ops::Range;

use veilpass_leafset::{CHECKSUM_BYTES, ChangesHeader, Encoder, HEADER_BYTES, LEAF_BYTES, LeafSetHeader};
use veilpass_store::StoreError;

use super::{ALIGNMENT, Downloads, Pieces};

/// Changes in a piece: 72 kB.
const CHANGES_IN_A_PIECE: u32 = 2048;

/// The bytes of a file of leaves that are sent: from a multiple of [`ALIGNMENT`] to one, or to the end.
pub(crate) type Section = Range<u64>;

/// A file of leaves, or a section of it. Header, leaves and checksum are multiples of 32 bytes, and so is a piece.
pub(crate) struct LeavesFile {
    header: LeafSetHeader,
    section: Section,
    /// The checksum so far, of a section that begins at the start.
    encoder: Option<Encoder>,
}

impl LeavesFile {
    pub(crate) fn new(header: LeafSetHeader, section: Section) -> Self {
        Self { header, section, encoder: None }
    }

    fn end_of_leaves(&self) -> u64 {
        self.header.file_bytes() - CHECKSUM_BYTES as u64
    }

    /// The places whose leaves lie in these bytes.
    fn places(&self, bytes: &Range<u64>) -> Range<u64> {
        let place = |at: u64| at.clamp(HEADER_BYTES as u64, self.end_of_leaves()) - HEADER_BYTES as u64;
        place(bytes.start) / LEAF_BYTES as u64..place(bytes.end) / LEAF_BYTES as u64
    }
}

impl Pieces for LeavesFile {
    async fn next(&mut self, downloads: &Downloads, out: &mut Vec<u8>) -> Result<bool, StoreError> {
        let start = self.section.start;
        let piece = start..(start / ALIGNMENT * ALIGNMENT + ALIGNMENT).min(self.section.end);
        out.reserve_exact((piece.end - piece.start) as usize);
        if start == 0 {
            self.encoder = Some(Encoder::leaves(&self.header, out));
        }
        let (registry, version) = (self.header.registry_id, self.header.version);
        let places = self.places(&piece);
        let leaves = downloads.store.leaves_at(registry, version, places.start, places.end).await?;
        match &mut self.encoder {
            Some(encoder) => encoder.push_leaves(leaves, out),
            None => leaves.iter().for_each(|leaf| out.extend_from_slice(&leaf.to_be_bytes())),
        }
        if piece.end > self.end_of_leaves() {
            match self.encoder.take() {
                Some(encoder) => {
                    let checksum = encoder.finish(out);
                    downloads.checksums.insert((registry, version), checksum).await;
                }
                None => out.extend_from_slice(&downloads.checksum(self.header).await?),
            }
        }
        self.section.start = piece.end;
        Ok(self.section.start < self.section.end)
    }
}

impl Downloads {
    /// The checksum of a whole file, of which only the end is sent. Reads all leaves, once for each version.
    async fn checksum(&self, header: LeafSetHeader) -> Result<[u8; CHECKSUM_BYTES], StoreError> {
        let key = (header.registry_id, header.version);
        if let Some(checksum) = self.checksums.get(&key).await {
            return Ok(checksum);
        }
        let (mut piece, mut first) = (Vec::new(), 0);
        let mut encoder = Encoder::leaves(&header, &mut piece);
        while first < header.leaf_count {
            let end = (first + ALIGNMENT / LEAF_BYTES as u64).min(header.leaf_count);
            piece.clear();
            encoder.push_leaves(self.store.leaves_at(key.0, key.1, first, end).await?, &mut piece);
            first = end;
        }
        let checksum = encoder.finish(&mut piece);
        self.checksums.insert(key, checksum).await;
        Ok(checksum)
    }
}

/// A file of changes.
pub(crate) struct ChangesFile {
    header: ChangesHeader,
    encoder: Option<Encoder>,
    next_place: u64,
    left: u64,
}

impl ChangesFile {
    pub(crate) fn new(header: ChangesHeader) -> Self {
        Self { header, encoder: None, next_place: 0, left: header.change_count }
    }
}

impl Pieces for ChangesFile {
    async fn next(&mut self, downloads: &Downloads, out: &mut Vec<u8>) -> Result<bool, StoreError> {
        let mut encoder = match self.encoder.take() {
            Some(encoder) => encoder,
            None => Encoder::changes(&self.header, out),
        };
        if self.left > 0 {
            let (registry, since, version) = (self.header.to.registry_id, self.header.since, self.header.to.version);
            let changes =
                downloads.store.changes_between(registry, since, version, self.next_place, CHANGES_IN_A_PIECE).await?;
            let Some((last, _)) = changes.last() else {
                let (table, reason) = ("leaf_changes", "changes that were counted are not there".to_owned());
                return Err(StoreError::Corrupt { table, reason });
            };
            self.next_place = u64::from(*last) + 1;
            self.left = self.left.saturating_sub(changes.len() as u64);
            encoder.push_changes(changes, out);
        }
        if self.left > 0 {
            self.encoder = Some(encoder);
            return Ok(true);
        }
        encoder.finish(out);
        Ok(false)
    }
}
