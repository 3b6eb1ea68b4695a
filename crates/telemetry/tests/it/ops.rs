//! The listener for operators.

use tokio::sync::watch;
use veilpass_telemetry::{OpsServer, alert};

use crate::request;

#[tokio::test]
async fn metrics_health_and_readiness_are_served_and_nothing_else() {
    let (ready, is_ready) = watch::channel(false);
    let ops =
        OpsServer::start("api", "127.0.0.1:0".parse().unwrap(), move || std::future::ready(*is_ready.borrow())).await;
    let ops = ops.unwrap();
    let get = async |path| request(ops.address(), "GET", path).await;

    assert!(get("/livez").await.starts_with("HTTP/1.1 200"));
    assert!(get("/readyz").await.starts_with("HTTP/1.1 503"));
    ready.send_replace(true);
    assert!(get("/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(get("/other").await.starts_with("HTTP/1.1 404"));
    assert!(request(ops.address(), "POST", "/metrics").await.starts_with("HTTP/1.1 405"));

    alert("of_this_test", "once");
    alert("of_this_test", "and again");
    metrics::histogram!("veilpass_of_this_test_seconds").record(0.2);
    let shown = get("/metrics").await;
    assert!(shown.contains("content-type: text/plain; version=0.0.4"), "{shown}");
    for line in [
        r#"veilpass_alerts_total{alert="of_this_test"} 2"#,
        r#"veilpass_of_this_test_seconds_bucket{le="0.15"} 0"#,
        r#"veilpass_of_this_test_seconds_bucket{le="0.2"} 1"#,
        "veilpass_of_this_test_seconds_count 1",
        r#"veilpass_http_connections{listener="ops"} 1"#,
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let first = OpsServer::start("api", "127.0.0.1:0".parse().unwrap(), || std::future::ready(true)).await.unwrap();
    let second = OpsServer::start("api", first.address(), || std::future::ready(true)).await;
    let error = second.err().expect("one listener for an address").to_string();
    assert!(error.contains(&format!("cannot listen on {}", first.address())), "{error}");
    drop(first);
}
