//! What the API holds, refuses and shows.

use std::{
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt, net::TcpStream};
use veilpass_cli::{
    client::Client,
    holders::{self, AUDIENCE, Holder},
    stack::{ApiOptions, PostgresServer, ServiceProcess, start_api},
};
use veilpass_protocol::{Epoch, FieldElement, RegistryId};
use veilpass_sealing::ProverSecretKey;
use veilpass_store::{Store, StoreConfig};

use crate::stack::{DATABASE, create_registry};

const PATIENCE: Duration = Duration::from_secs(30);

/// The API and its database, without anything else.
struct Api {
    dir: tempfile::TempDir,
    _postgres: PostgresServer,
    _process: ServiceProcess,
    store: Store,
    address: String,
    client: Client,
}

impl Api {
    async fn start(flags: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("veilpass-it-").tempdir().unwrap();
        // The database server runs as another user when we are root.
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        let postgres = PostgresServer::start(&dir.path().join("postgres")).await.unwrap();
        postgres.recreate_database(DATABASE).await.unwrap();
        let url = postgres.url(DATABASE);
        let store = Store::connect_lazy(&url, &StoreConfig::default()).unwrap();
        store.migrate().await.unwrap();
        let log = dir.path().join("api.log");
        let options = ApiOptions {
            redis_url: None,
            database_url: &url,
            audience: AUDIENCE,
            port: 0,
            log: &log,
            filter: None,
            flags,
            env: &[],
        };
        let (process, base) = start_api(&options).await.unwrap();
        let address = base.strip_prefix("http://").unwrap().to_owned();
        Self { dir, _postgres: postgres, _process: process, store, address, client: Client::new(&base).unwrap() }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("api.log")).unwrap()
    }

    fn ops(&self) -> String {
        let log = self.log();
        log.lines().find_map(|line| line.strip_prefix("ops listening on ")).unwrap().trim().to_owned()
    }

    async fn metrics(&self) -> String {
        reqwest::get(format!("{}/metrics", self.ops())).await.unwrap().text().await.unwrap()
    }

    /// Waits until the metrics have this line.
    async fn shows(&self, line: &str) {
        self.shows_one_of(&[line.to_owned()]).await;
    }

    async fn shows_one_of(&self, lines: &[String]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let metrics = self.metrics().await;
            if metrics.lines().any(|shown| lines.iter().any(|line| shown == line)) {
                return;
            }
            assert!(Instant::now() < deadline, "{lines:?}: none is in\n{metrics}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_at_once_is_refused_while_health_and_metrics_are_served() {
    // One byte more than nothing is critical here, which leaves one eighth of the requests: one.
    let flags = ["--ops-listen", "127.0.0.1:0", "--max-requests", "8"];
    let api = Api::start(&[&flags[..], &["--memory-warn-mb", "1", "--memory-critical-mb", "1"]].concat()).await;
    api.shows(r#"veilpass_alerts_total{alert="memory_critical"} 1"#).await;
    assert_eq!(api.client.get("/v1/info").await.unwrap().status, 200);

    // A request whose body does not come.
    let mut slow = TcpStream::connect(&api.address).await.unwrap();
    let header =
        "POST /v1/proofs HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    slow.write_all(header.as_bytes()).await.unwrap();
    api.shows("veilpass_api_requests_in_flight 1").await;
    let refused = reqwest::get(format!("http://{}/v1/info", api.address)).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    let refused = api.client.get("/v1/proofs/secret-name-of-a-job").await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.problem()), (503, "overloaded"));
    assert_eq!(api.client.get("/livez").await.unwrap().status, 200);
    assert_eq!(api.client.get("/readyz").await.unwrap().status, 200);
    assert_eq!(reqwest::get(format!("{}/readyz", api.ops())).await.unwrap().status(), 200);

    drop(slow);
    // Its body ends too early or its handler is dropped, whichever the API sees first.
    let ends = ["4xx", "gone"];
    let line = |end| format!(r#"veilpass_api_requests_total{{path="/v1/proofs",method="POST",status="{end}"}} 1"#);
    api.shows_one_of(&ends.map(line)).await;
    assert_eq!(api.client.get("/v1/info").await.unwrap().status, 200);
    assert_eq!(api.client.get("/no/such/path").await.unwrap().status, 404);
    for line in [
        r#"veilpass_api_requests_total{path="/v1/info",method="GET",status="2xx"} 2"#,
        r#"veilpass_api_requests_total{path="/v1/info",method="GET",status="5xx"} 1"#,
        r#"veilpass_api_requests_total{path="/v1/proofs/{id}",method="GET",status="5xx"} 1"#,
        r#"veilpass_api_requests_total{path="none",method="GET",status="4xx"} 1"#,
        r#"veilpass_api_request_seconds_count{path="/v1/info",method="GET"} 3"#,
        "veilpass_api_requests_in_flight 0",
    ] {
        api.shows(line).await;
    }
    let metrics = api.metrics().await;
    assert!(!metrics.contains("secret-name") && !metrics.contains("/no/such"), "a client's path became a label");
    assert_eq!(api.log().matches("memory_critical").count(), 1, "said once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_and_a_track_count_as_soon_as_they_exist() {
    let api = Api::start(&["--ops-listen", "127.0.0.1:0"]).await;
    let (registry, key) = (RegistryId::new(FieldElement::from_u64(9)), ProverSecretKey::from_bytes(&[7; 32]).unwrap());
    let holder = Holder::new(1);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let statement = holder.statement(registry, Epoch(now / (30 * 86_400)), &holders::session(1, now + 600));
    let request = Client::proof_request(&key.public_key(), &statement, &holder.witness(0));
    let problem = async || api.client.post("/v1/proofs", &request).await.unwrap().problem().to_owned();
    for _ in 0..2 {
        assert_eq!(problem().await, "unknown-registry");
    }
    create_registry(&api.store, registry, "late").await;
    let deadline = Instant::now() + PATIENCE;
    while !api.metrics().await.contains(r#"veilpass_cache_lookups_total{cache="registries",outcome="hit"}"#) {
        assert_eq!(problem().await, "unknown-prover-key", "the registry is known");
        assert!(Instant::now() < deadline, "nothing is cached");
    }
}
