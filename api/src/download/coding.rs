//! Content codings of a download: chosen by `Accept-Encoding`, applied piece by piece.

use std::io::Write;

use axum::http::{HeaderMap, header};
use brotli::CompressorWriter;
use flate2::{Compression, write::GzEncoder};

/// Leaves are random: nothing is found by looking longer or further back. Only empty places compress, and these at any level.
const GZIP_LEVEL: u32 = 1;
const BROTLI_QUALITY: u32 = 1;
/// A window of 64 kB, the length of a piece: the default of 4 MB would be most of our memory.
const BROTLI_WINDOW_BITS: u32 = 16;
const BROTLI_BUFFER: usize = 8 << 10;

/// How a body is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As it is.
    Identity,
    /// `gzip`.
    Gzip,
    /// `br`.
    Brotli,
}

impl Coding {
    /// What the client accepts and we like best.
    pub(crate) fn accepted(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::ACCEPT_ENCODING);
        let (mut brotli, mut gzip) = (0.0, 0.0);
        for part in lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')) {
            let mut parameters = part.split(';').map(str::trim);
            let coding = parameters.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parameters.find_map(|parameter| parameter.strip_prefix("q="));
            let weight: f32 = weight.map_or(1.0, |weight| weight.trim().parse().unwrap_or(0.0));
            match coding.as_str() {
                "br" => brotli = weight,
                "gzip" | "x-gzip" => gzip = weight,
                _ => {}
            }
        }
        match (brotli, gzip) {
            (brotli, gzip) if brotli > 0.0 && brotli >= gzip => Self::Brotli,
            (_, gzip) if gzip > 0.0 => Self::Gzip,
            _ => Self::Identity,
        }
    }

    /// Its name in headers and entity tags.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }
}

/// Codes one body.
pub(super) enum Encoding {
    Identity,
    Gzip(GzEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Ended,
}

impl Encoding {
    pub(super) fn new(coding: Coding) -> Self {
        match coding {
            Coding::Identity => Self::Identity,
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))),
            Coding::Brotli => Self::Brotli(Box::new(CompressorWriter::new(
                Vec::new(),
                BROTLI_BUFFER,
                BROTLI_QUALITY,
                BROTLI_WINDOW_BITS,
            ))),
        }
    }

    /// Takes the next piece and returns what there is to send, which may be nothing.
    pub(super) fn push(&mut self, piece: Vec<u8>, is_last: bool) -> Vec<u8> {
        // Writing into a vector does not fail.
        match self {
            Self::Identity => return piece,
            Self::Gzip(gzip) => drop(gzip.write_all(&piece)),
            Self::Brotli(brotli) => drop(brotli.write_all(&piece)),
            Self::Ended => {}
        }
        match (is_last, &mut *self) {
            (false, Self::Gzip(gzip)) => std::mem::take(gzip.get_mut()),
            (false, Self::Brotli(brotli)) => std::mem::take(brotli.get_mut()),
            _ => match std::mem::replace(self, Self::Ended) {
                Self::Gzip(gzip) => gzip.finish().unwrap_or_default(),
                Self::Brotli(brotli) => brotli.into_inner(),
                Self::Identity | Self::Ended => Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn accepted(line: &str) -> Coding {
        Coding::accepted(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, line.parse().unwrap())]))
    }

    #[test]
    fn the_client_chooses_and_among_equals_we_do() {
        for (line, coding) in [
            ("", Coding::Identity),
            ("identity", Coding::Identity),
            ("gzip, deflate", Coding::Gzip),
            ("gzip, deflate, BR", Coding::Brotli),
            ("br;q=0.5, gzip;q=0.8", Coding::Gzip),
            ("br;q=0, gzip; q=0", Coding::Identity),
            ("br;q=x", Coding::Identity),
        ] {
            assert_eq!(accepted(line), coding, "{line}");
        }
    }

    fn coded(coding: Coding, pieces: &[Vec<u8>]) -> Vec<u8> {
        let mut encoding = Encoding::new(coding);
        let last = pieces.len() - 1;
        pieces.iter().enumerate().flat_map(|(number, piece)| encoding.push(piece.clone(), number == last)).collect()
    }

    #[test]
    fn pieces_are_one_body() {
        let pieces: Vec<Vec<u8>> = (0..5_u8).map(|number| vec![number; 65_536]).collect();
        let whole = pieces.concat();
        assert_eq!(coded(Coding::Identity, &pieces), whole);
        let (mut unzipped, mut unbrotlied) = (Vec::new(), Vec::new());
        let gzip = coded(Coding::Gzip, &pieces);
        flate2::read::GzDecoder::new(gzip.as_slice()).read_to_end(&mut unzipped).unwrap();
        let brotli = coded(Coding::Brotli, &pieces);
        brotli::Decompressor::new(brotli.as_slice(), 4096).read_to_end(&mut unbrotlied).unwrap();
        assert!(unzipped == whole && unbrotlied == whole);
        assert!(gzip.len() < 10_000 && brotli.len() < 10_000, "{} {}", gzip.len(), brotli.len());
    }

    proptest! {
        #[test]
        fn nobody_gets_a_coding_that_it_did_not_name(
            line in "((br|gzip|x-gzip|\\*)(;q=[0-9a-z.]{0,5})?,? ?|[ -~]{0,6}){0,5}",
        ) {
            let coding = accepted(&line);
            let is_named = line.to_ascii_lowercase().contains(coding.name());
            prop_assert!(coding == Coding::Identity || is_named, "{line}: {coding:?}");
        }
    }
}
