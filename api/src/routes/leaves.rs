//! The leaves of a registry, from which a device makes its own path. No request here names a leaf.

use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use veilpass_leafset::{ChangesHeader, LeafSetHeader};
use veilpass_protocol::RegistryId;
use veilpass_store::LeafVersion;

use super::registry_path::parse_id;
use crate::{
    download::{
        ALIGNMENT, ChangesFile, Coding, Downloader, EntityTag, LeavesFile, RangeError, insert_header, requested_range,
    },
    problem::{Problem, ProblemDocument},
    schema::FieldHex,
    state::AppState,
};

/// For how long the newest version may be taken for the newest. A root counts for hours.
const NEWEST: &str = "public, max-age=5";
/// Most changes between two versions of which the difference is made: each page of it reads all of them.
const MOST_CHANGES: u64 = 65_536;

/// Where the newest leaves are: a redirect to their version, which can be kept for ever.
#[utoipa::path(get, path = "/v1/registries/{registry_id}/leaves", operation_id = "newestLeaves", tag = "registries",
    params(("registry_id" = FieldHex, Path, description = "The registry")),
    responses(
        (status = 307, description = "The newest version", headers(
            ("Location" = String, description = "The version"),
            ("Cache-Control" = String, description = "A few seconds"))),
        (status = 404, description = "There is no such registry, or it has no root yet", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn newest(
    State(state): State<AppState>,
    Path(registry_id): Path<String>,
) -> Result<Response, Problem> {
    let registry = parse_id("registry_id", &registry_id)?;
    let root = state
        .store
        .newest_root(registry)
        .await?
        .ok_or_else(|| Problem::not_found("there is no such registry, or none of its roots counts yet"))?;
    let location = format!("/v1/registries/{registry}/leaves/{}", root.change_seq);
    let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, NEWEST.to_owned())];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}

/// All leaves of a registry at a version: one file, described in `crates/leafset`, that never changes. 32 bytes a leaf.
///
/// Leaves are random, so compression saves what places are empty and no more. A `Range` must begin at a multiple of 65,536, end
/// at one or at the end, and be no shorter, and is answered without compression: it is there to go on where a download broke
/// off. A shorter one would say which leaf somebody is interested in.
#[utoipa::path(get, path = "/v1/registries/{registry_id}/leaves/{version}", operation_id = "leaves", tag = "registries",
    params(
        ("registry_id" = FieldHex, Path, description = "The registry"),
        ("version" = u64, Path, description = "The newest change that is included, of a published root"),
        ("If-None-Match" = Option<String>, Header, description = "Entity tags of what is there already"),
        ("Range" = Option<String>, Header, description = "`bytes=A-B`, at multiples of 65,536, and no shorter"),
        ("If-Range" = Option<String>, Header, description = "The entity tag of what is to be continued"),
    ),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream", headers(
            ("ETag" = String, description = "Names these bytes"))),
        (status = 206, description = "A section of it", body = Vec<u8>, content_type = "application/octet-stream", headers(
            ("Content-Range" = String, description = "Which"))),
        (status = 304, description = "It is there already"),
        (status = 404, description = "No root was published at this version", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 416, description = "There are no such bytes, or too few are asked for", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn version(
    State(state): State<AppState>,
    downloader: Downloader,
    Path((registry_id, version)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let registry = parse_id("registry_id", &registry_id)?;
    let file = header_of(registry, known_version(&state, registry, &version, "version").await?);
    let (length, tag) = (file.file_bytes(), EntityTag::new(file.version.to_string(), &file));
    if tag.is_among(&headers) {
        return Ok(tag.not_modified(Coding::accepted(&headers)));
    }
    let section = match (headers.get(header::RANGE), headers.get(header::IF_RANGE)) {
        (Some(range), if_range)
            if if_range.is_none_or(|known| known.as_bytes() == tag.of(Coding::Identity).as_bytes()) =>
        {
            requested_range(range.to_str().unwrap_or_default(), length).map_err(|error| refused(error, length))?
        }
        _ => None,
    };
    let (status, coding) = match section {
        Some(_) => (StatusCode::PARTIAL_CONTENT, Coding::Identity),
        None => (StatusCode::OK, Coding::accepted(&headers)),
    };
    let content_range = section.as_ref().map(|bytes| format!("bytes {}-{}/{length}", bytes.start, bytes.end - 1));
    let bytes = section.unwrap_or(0..length);
    let sent = bytes.end - bytes.start;
    let body = state.downloads.body(&downloader, LeavesFile::new(file, bytes), coding)?;
    let mut response = tag.answer(status, coding, sent, body);
    insert_header(&mut response, header::ACCEPT_RANGES, "bytes");
    content_range.into_iter().for_each(|range| insert_header(&mut response, header::CONTENT_RANGE, &range));
    Ok(response)
}

/// Query of a request for changes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangesQuery {
    /// The version that is there already.
    since: u64,
}

/// What makes an older version into this one: a file, described in `crates/leafset`, that never changes.
#[utoipa::path(get, path = "/v1/registries/{registry_id}/leaves/{version}/changes", operation_id = "leafChanges",
    tag = "registries",
    params(
        ("registry_id" = FieldHex, Path, description = "The registry"),
        ("version" = u64, Path, description = "The version that is wanted"),
        ChangesQuery,
        ("If-None-Match" = Option<String>, Header, description = "Entity tags of what is there already"),
    ),
    responses(
        (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream", headers(
            ("ETag" = String, description = "Names these bytes"))),
        (status = 304, description = "It is there already"),
        (status = 404, description = "No root was published at one of the versions", body = ProblemDocument,
            content_type = "application/problem+json"),
        (status = 410, description = "So much has changed that all leaves are no more to download", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn changes(
    State(state): State<AppState>,
    downloader: Downloader,
    Path((registry_id, version)): Path<(String, String)>,
    query: Result<Query<ChangesQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let registry = parse_id("registry_id", &registry_id)?;
    let Query(ChangesQuery { since }) = query
        .map_err(|_| Problem::malformed_field("since", "expected ?since= with the version that is there already"))?;
    let to = header_of(registry, known_version(&state, registry, &version, "version").await?);
    known_version(&state, registry, &since.to_string(), "since").await?;
    let Some(changes) = to.version.checked_sub(since) else {
        return Err(Problem::malformed_field("since", "newer than the version that is wanted"));
    };
    if changes > MOST_CHANGES {
        return Err(Problem::too_many_changes());
    }
    let tag = EntityTag::new(format!("{since}-{}", to.version), &to);
    let coding = Coding::accepted(&headers);
    if tag.is_among(&headers) {
        return Ok(tag.not_modified(coding));
    }
    let change_count = state.store.changed_places(registry, since, to.version).await?;
    let file = ChangesHeader { to, since, change_count };
    if file.file_bytes() >= to.file_bytes() {
        return Err(Problem::too_many_changes());
    }
    let body = state.downloads.body(&downloader, ChangesFile::new(file), coding)?;
    let mut response = tag.answer(StatusCode::OK, coding, file.file_bytes(), body);
    insert_header(&mut response, header::ACCEPT_RANGES, "none");
    Ok(response)
}

async fn known_version(
    state: &AppState,
    registry: RegistryId,
    text: &str,
    field: &'static str,
) -> Result<LeafVersion, Problem> {
    let version = text.parse().map_err(|_| Problem::malformed_field(field, "not the number of a version"))?;
    let known = state.store.leaf_version(registry, version).await?;
    known.ok_or_else(|| Problem::not_found(format!("no root was published at {field} {version}")))
}

fn header_of(registry_id: RegistryId, version: LeafVersion) -> LeafSetHeader {
    let LeafVersion { version, root_seq, root, leaf_count } = version;
    LeafSetHeader { registry_id, version, root_seq, root, leaf_count }
}

fn refused(error: RangeError, length: u64) -> Problem {
    match error {
        RangeError::Unsatisfiable => Problem::range_not_satisfiable(length),
        RangeError::NotAligned => Problem::range_not_aligned(length, ALIGNMENT),
    }
}
