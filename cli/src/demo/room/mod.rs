//! The listening room's server: the pages, their settings, a desk that gives tokens away, and the gated recordings.

mod desk;
mod headers;
mod media;
mod music;
mod tracks;

use std::{net::Ipv4Addr, path::PathBuf, sync::Arc};

use anyhow::Context;
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};
use tower_http::services::ServeDir;
use veilpass_circuit::workspace_root;
use veilpass_client::Client;
use veilpass_protocol::RegistryId;

pub(super) use self::desk::Desk;
use self::{headers::PageHeaders, tracks::Track};
use crate::holders::{CLUSTER, program_id};

/// A port for the room, before its API is there: the API must know the page's origin.
pub(super) struct RoomPort {
    listener: TcpListener,
    origin: String,
}

/// What the room is about.
pub(super) struct RoomOptions {
    /// URL of the API.
    pub(super) api: String,
    /// URL of the chain's RPC.
    pub(super) rpc: String,
    pub(super) registry: RegistryId,
    /// None: tokens are somebody else's to give.
    pub(super) desk: Option<Desk>,
}

/// The server; stops when dropped.
pub(super) struct Room {
    origin: String,
    _server: JoinSet<()>,
}

struct Shared {
    config: Value,
    headers: PageHeaders,
    api: Client,
    origin: String,
    registry: RegistryId,
    tracks: Vec<Track>,
    desk: Option<Desk>,
}

impl RoomPort {
    /// Takes a port of this machine; 0 is a free one.
    pub(super) async fn bind(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.with_context(|| format!("port {port} is taken: choose another with --room-port"))?;
        let origin = format!("http://localhost:{}", listener.local_addr()?.port());
        Ok(Self { listener, origin })
    }

    /// The pages' origin: whom proofs are for.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Opens the room. None if its pages are not built.
    pub(super) fn open(self, options: RoomOptions) -> anyhow::Result<Option<Room>> {
        let pages = pages();
        if !pages.join("index.html").is_file() {
            return Ok(None);
        }
        let RoomOptions { api, rpc, registry, desk } = options;
        let tracks = tracks::catalogue();
        let config = json!({
            "api": api, "registry_id": registry, "audience": self.origin, "cluster": CLUSTER, "program_id": program_id(),
            "rpc": rpc, "explorer": null, "demo": desk.is_some(), "tracks": tracks,
        });
        let headers = PageHeaders::new(&api, &rpc)?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let origin = self.origin.clone();
        let shared = Shared { config, headers, api: Client::with_http(&api, http), origin, registry, tracks, desk };
        let app = router(Arc::new(shared), pages);
        let mut server = JoinSet::new();
        server.spawn(async move {
            // Ends with the room.
            let _ = axum::serve(self.listener, app).await;
        });
        Ok(Some(Room { origin: self.origin, _server: server }))
    }
}

impl Room {
    /// Where it is.
    pub(super) fn url(&self) -> &str {
        &self.origin
    }
}

/// The built pages.
fn pages() -> PathBuf {
    workspace_root().join("web/dist/room")
}

fn router(shared: Arc<Shared>, pages: PathBuf) -> Router {
    let missing = any(async || problem(StatusCode::NOT_FOUND, "Not found", "there is nothing at this path"));
    let files = ServeDir::new(&pages).precompressed_br().precompressed_gzip().fallback(missing);
    Router::new()
        .route("/config.json", get(config))
        .route("/demo/tokens", post(desk::give))
        .route("/media/{slug}", get(media::recording))
        .fallback_service(files)
        .layer(DefaultBodyLimit::max(1 << 10))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), protect))
        .with_state(shared)
}

async fn config(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.config.clone())
}

/// Adds the pages' headers. What is named by its content may be kept.
async fn protect(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let is_there = response.status().is_success();
    let headers = response.headers_mut();
    headers.extend(shared.headers.of(&path).clone());
    let cache =
        if path.starts_with("/assets/") && is_there { "public, max-age=31536000, immutable" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, cache.parse().expect("no control characters"));
    response
}

/// An error in the form that the API's have (RFC 9457).
fn problem(status: StatusCode, title: &str, detail: &str) -> Response {
    let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}
