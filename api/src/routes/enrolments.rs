//! Enrolments.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use veilpass_protocol::{RegistryId, TrackId};
use veilpass_siws::{EnrolmentMessage, ParseMessageError};
use veilpass_store::{EnrolmentState, EnrolmentStatus};

use crate::{
    body::{self, Base58Signature},
    enrolment::{check, enrol, take_challenge},
    problem::{Problem, ProblemDocument},
    schema::{FieldHex, SignatureBase58},
    state::AppState,
};

/// Body of `POST /v1/enrollments`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EnrollmentRequest)]
pub(crate) struct EnrolmentRequest {
    /// The message of the challenge, exactly.
    #[schema(max_length = 2048)]
    message: String,
    /// The wallet's Ed25519 signature of it, base58.
    #[schema(value_type = SignatureBase58)]
    signature: Base58Signature,
}

/// An enrolment and how far it is.
#[derive(Serialize, ToSchema)]
#[schema(as = EnrollmentView)]
pub(crate) struct EnrolmentView {
    /// Its name, which only its listener is told.
    id: Uuid,
    /// Its registry.
    #[schema(value_type = FieldHex)]
    registry_id: RegistryId,
    /// Its track.
    #[schema(value_type = FieldHex)]
    track_id: TrackId,
    /// Its place in the registry's tree.
    leaf_index: u32,
    /// `pending_root`, `pending_chain`, `active` or `revoked`.
    status: &'static str,
    /// Number of the newest root that includes it and counts; while it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    root_seq: Option<u64>,
    /// `sold`, `replaced` or `operator`; once it is revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl EnrolmentView {
    fn of(id: Uuid, enrolment: EnrolmentStatus) -> Self {
        let (status, root_seq, reason) = match enrolment.state {
            EnrolmentState::PendingRoot => ("pending_root", None, None),
            EnrolmentState::PendingChain => ("pending_chain", None, None),
            EnrolmentState::Active { root_seq } => ("active", Some(root_seq), None),
            EnrolmentState::Revoked(end) => ("revoked", None, Some(end.name())),
        };
        let EnrolmentStatus { registry, track, leaf_index, .. } = enrolment;
        Self { id, registry_id: registry, track_id: track, leaf_index, status, root_seq, reason }
    }
}

/// Enrols a token: the wallet's token is enrolled, once the chain says that it holds it. 202 for a new enrolment, 200
/// for one that was there, with the status in `Location`.
///
/// The nonce is used up before the chain is asked: whatever goes wrong after that needs a new challenge.
#[utoipa::path(post, path = "/v1/enrollments", operation_id = "createEnrollment", tag = "enrolment",
    request_body = EnrolmentRequest,
    responses(
        (status = 200, description = "The wallet had enrolled the token under this commitment", body = EnrolmentView,
            headers(("Location" = String, description = "The enrolment"))),
        (status = 202, description = "The token is enrolled", body = EnrolmentView, headers(
            ("Location" = String, description = "The enrolment"),
            ("Retry-After" = u32, description = "Seconds until it is worth asking"))),
        (status = 409,
            description = "Another wallet that holds the token enrolled it, this one did lately, or it changed meanwhile",
            body = ProblemDocument,
            content_type = "application/problem+json",
            headers(("Retry-After" = u32, description = "Seconds until it is worth another try, if that is known"))),
        (status = 422, description = "The message, its signature or the wallet's tokens cannot be accepted",
            body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    body::Json(request): body::Json<EnrolmentRequest>,
) -> Result<Response, Problem> {
    let Some(keys) = &state.enrolment else { return Err(Problem::no_enrolment()) };
    let Some(chain) = &state.chain else { return Err(Problem::no_chain()) };
    let message: EnrolmentMessage = request.message.parse().map_err(|error: ParseMessageError| {
        Problem::malformed_field("message", format!("not an enrolment message: {error}"))
    })?;
    check(&state, &message, &request.signature.0).await?;
    take_challenge(&state.shared, &message).await?;
    let enrolled = enrol(&state.store, keys, chain, &message, state.policy.replaceable_after).await?;
    if let Some(end) = enrolled.ended {
        tracing::info!(enrolment = %enrolled.id, end = end.name(), "an earlier enrolment of the token ended");
    }
    tracing::info!(enrolment = %enrolled.id, is_new = enrolled.is_new, "enrolled");
    let view = Json(view(&state, enrolled.id).await?.ok_or_else(Problem::internal)?);
    let location = (header::LOCATION, format!("/v1/enrollments/{}", enrolled.id));
    Ok(if enrolled.is_new {
        (StatusCode::ACCEPTED, [location, (header::RETRY_AFTER, "1".to_owned())], view).into_response()
    } else {
        (StatusCode::OK, [location], view).into_response()
    })
}

/// An enrolment and how far it is.
#[utoipa::path(get, path = "/v1/enrollments/{id}", operation_id = "enrollment", tag = "enrolment",
    params(("id" = Uuid, Path, description = "The enrolment")),
    responses(
        (status = 200, description = "The enrolment", body = EnrolmentView),
        (status = 404, description = "There is no such enrolment", body = ProblemDocument,
            content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn status(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<EnrolmentView>, Problem> {
    let not_found = || Problem::not_found("there is no such enrolment");
    let id: Uuid = id.parse().map_err(|_| not_found())?;
    view(&state, id).await?.map(Json).ok_or_else(not_found)
}

async fn view(state: &AppState, id: Uuid) -> Result<Option<EnrolmentView>, Problem> {
    Ok(state.store.enrolment_status(id).await?.map(|enrolment| EnrolmentView::of(id, enrolment)))
}
