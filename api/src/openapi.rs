//! The OpenAPI 3.1 document, generated from the handlers, and the page that shows it.

use std::sync::OnceLock;

use axum::{
    Router,
    http::{HeaderValue, header},
    response::IntoResponse,
    routing::get,
};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, HeaderBuilder, ObjectBuilder, OpenApi as Document, Ref, Required, Response, ResponseBuilder, Type,
        path::{Operation, ParameterBuilder, ParameterIn},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{idempotency, problem::PROBLEM_MEDIA_TYPE, state::AppState};

/// Where the document is.
const DOCUMENT_PATH: &str = "/v1/openapi.json";
/// Where the reference page is.
const PAGE_PATH: &str = "/docs";
/// The page's script and styles are its own; it has a few inline styles, and pictures as data.
const PAGE_CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// What the document says beside the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Veilpass",
        description = "Prove \"I own a token that unlocks this track\" without saying which wallet or which token.\n\n\
            Every error is a problem document (RFC 9457, `application/problem+json`) whose `type` is \
            `urn:veilpass:problem:<code>`. Every answer has an `x-request-id`. Unknown fields of a request are refused.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "registries", description = "Registries, their tracks and roots"),
        (name = "enrolment", description = "A wallet that owns a token enrols an identity"),
        (name = "proofs", description = "Delegated proving: a sealed witness in, a proof out"),
        (name = "verifications", description = "Proofs are checked, and their nullifiers spent"),
        (name = "grants", description = "Short-lived session grants after a verification"),
        (name = "service", description = "The service itself"),
    ),
    components(schemas(crate::problem::ProblemDocument)),
    modifiers(&Credentials),
)]
struct Base;

/// What requests authenticate with.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let mut job_token = Http::new(HttpAuthScheme::Bearer);
        job_token.description = Some("The `job_token` of an answer to `POST /v1/proofs`.".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("job_token", SecurityScheme::Http(job_token));
    }
}

/// The document that the handlers are added to.
pub(crate) fn base() -> Document {
    Base::openapi()
}

/// Adds what the layers may answer in place of any handler.
pub(crate) fn with_common_responses(mut document: Document) -> Document {
    for (path, item) in &mut document.paths.paths {
        // Health has no limits.
        let is_limited = path.starts_with("/v1/") || path.starts_with("/.well-known/");
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            add_common(operation, is_limited);
        }
        if let Some(post) = item.post.as_mut().filter(|_| idempotency::PATHS.contains(&path.as_str())) {
            add_idempotency(post);
        }
    }
    document
}

fn add_common(operation: &mut Operation, is_limited: bool) {
    let mut add = |status: u16, description: &str| {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| problem(description, matches!(status, 429 | 503)).into());
    };
    add(400, "The request is malformed");
    add(500, "A fault of ours; quote the x-request-id");
    if is_limited {
        add(408, "The request was not complete, or not answered, in time");
        add(429, "Too many requests of this client");
        add(503, "Busy, or something that is needed is away; nothing was changed");
    }
    if operation.request_body.is_some() {
        let mut add = |status: u16, description: &str| {
            let responses = &mut operation.responses.responses;
            responses.entry(status.to_string()).or_insert_with(|| problem(description, false).into());
        };
        add(413, "The body is too large");
        add(415, "The body is not JSON by its own header");
    }
}

/// What `Idempotency-Key` adds to a path.
fn add_idempotency(operation: &mut Operation) {
    let key = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]{1,255}$"));
    let parameter = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Sent again with the same body within a day (five minutes, if it was refused), the request is not done again: the \
             answer is the first one, with the header `idempotent-replayed`.",
        ))
        .schema(Some(key));
    operation.parameters.get_or_insert_default().push(parameter.build().into());
    let responses = &mut operation.responses.responses;
    let in_use = || problem("The same request is still in progress under this Idempotency-Key", true).into();
    responses.entry("409".to_owned()).or_insert_with(in_use);
    let reused = || problem("The Idempotency-Key came with another body before", false).into();
    responses.entry("422".to_owned()).or_insert_with(reused);
}

fn problem(description: &str, has_retry_after: bool) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("ProblemDocument")));
    let mut response = ResponseBuilder::new().description(description).content(PROBLEM_MEDIA_TYPE, content);
    if has_retry_after {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        let header =
            HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds until it is worth another try"));
        response = response.header("Retry-After", header.build());
    }
    response.build()
}

/// The document as pretty JSON, as it is committed and served.
pub fn document() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let document = crate::router::limited_routes().merge(crate::router::health_routes()).into_openapi();
        let mut text = serde_json::to_string_pretty(&with_common_responses(document)).unwrap_or_default();
        text.push('\n');
        text
    })
}

/// The document and its page.
pub(crate) fn pages() -> Router<AppState> {
    let page: Router<AppState> = SwaggerUi::new(PAGE_PATH)
        .config(Config::new([DOCUMENT_PATH]).try_it_out_enabled(false).validator_url("none"))
        .into();
    let json = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    page.layer(SetResponseHeaderLayer::overriding(header::CONTENT_SECURITY_POLICY, PAGE_CSP))
        .route(DOCUMENT_PATH, get(async move || (json, document()).into_response()))
}
