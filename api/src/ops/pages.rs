//! The operators' page. The page itself is public to whoever reaches the listener; its data are behind keys.

use std::path::Path;

use anyhow::ensure;
use axum::{
    Router,
    http::{HeaderName, HeaderValue, Method, header},
    response::Redirect,
    routing::{any, get},
};
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::problem::Problem;

const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    // Asked again each time: files are small, and operators are to have the page of this build.
    (header::CACHE_CONTROL, "no-cache"),
];

/// Serves a folder at `/ops/`, its precompressed files where the client takes them.
///
/// # Errors
/// If there is no page in the folder.
pub(super) fn router(dir: &Path) -> anyhow::Result<Router> {
    ensure!(dir.join("index.html").is_file(), "--ops-pages: there is no index.html in {}", dir.display());
    let missing = any(async |method: Method| match method {
        Method::GET | Method::HEAD => Problem::not_found("there is nothing at this path"),
        _ => Problem::method_not_allowed(),
    });
    let files = ServeDir::new(dir)
        .precompressed_br()
        .precompressed_gzip()
        .call_fallback_on_method_not_allowed(true)
        .fallback(missing);
    let mut router =
        Router::new().route("/ops", get(async || Redirect::permanent("/ops/"))).nest_service("/ops/", files);
    for (name, value) in HEADERS {
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)));
    }
    Ok(router)
}
