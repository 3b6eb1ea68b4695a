//! Entity tags of the files of leaves, and the headers that go with them.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use veilpass_leafset::LeafSetHeader;

use super::Coding;
use crate::if_none_match::has_current;

/// What a version holds never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
const MEDIA_TYPE: &str = "application/octet-stream";

/// Names the bytes of an answer, whatever its coding. Strong: the same tag, the same bytes.
pub(crate) struct EntityTag(String);

impl EntityTag {
    /// The root stands for the database: another one may give the same numbers to other leaves.
    pub(crate) fn new(version: String, file: &LeafSetHeader) -> Self {
        let root = file.root.to_string();
        Self(format!("{version}-{}-{}", file.root_seq, &root[2..18]))
    }

    pub(crate) fn of(&self, coding: Coding) -> String {
        format!("\"{}-{}\"", self.0, coding.name())
    }

    /// Whether `If-None-Match` has it, in any coding.
    pub(crate) fn is_among(&self, headers: &HeaderMap) -> bool {
        let codings = [Coding::Identity, Coding::Gzip, Coding::Brotli];
        has_current(headers, |known| codings.iter().any(|coding| self.of(*coding) == known))
    }

    pub(crate) fn not_modified(&self, coding: Coding) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        self.mark(&mut response, coding);
        response
    }

    pub(crate) fn answer(&self, status: StatusCode, coding: Coding, length: u64, body: Body) -> Response {
        let mut response = (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], body).into_response();
        self.mark(&mut response, coding);
        match coding {
            Coding::Identity => insert_header(&mut response, header::CONTENT_LENGTH, &length.to_string()),
            coded => insert_header(&mut response, header::CONTENT_ENCODING, coded.name()),
        }
        response
    }

    fn mark(&self, response: &mut Response, coding: Coding) {
        insert_header(response, header::ETAG, &self.of(coding));
        insert_header(response, header::CACHE_CONTROL, FOREVER);
        insert_header(response, header::VARY, "accept-encoding");
    }
}

pub(crate) fn insert_header(response: &mut Response, name: HeaderName, value: &str) {
    // Numbers, hexadecimal digits and names of ours.
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}
