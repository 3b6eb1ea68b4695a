//! The operators' page, served by the API.

use reqwest::{StatusCode, header, redirect::Policy};

use super::ops_address;
use crate::stack::TestStack;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_is_served_with_its_headers_and_its_data_are_not_public() {
    let pages = tempfile::tempdir().unwrap();
    std::fs::write(pages.path().join("index.html"), "<!doctype html><title>the page</title>").unwrap();
    std::fs::create_dir(pages.path().join("assets")).unwrap();
    std::fs::write(pages.path().join("assets/a.js"), "console.log(1)").unwrap();
    std::fs::write(pages.path().join("assets/a.js.br"), "compressed").unwrap();
    std::fs::write(pages.path().parent().unwrap().join("veilpass-outside.txt"), "outside").unwrap();
    let dir = pages.path().to_str().unwrap();
    let stack = TestStack::launch(None, false, &["--ops-listen", "127.0.0.1:0", "--ops-pages", dir], &[]).await;
    let ops = ops_address(&stack, "api.log").unwrap();
    // The client that is under other features in this workspace would decode what it gets.
    let http = reqwest::Client::builder().redirect(Policy::none()).no_brotli().no_gzip().build().unwrap();

    let page = http.get(format!("{ops}/ops/")).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let header = |name: &str| page.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("referrer-policy"), "no-referrer");
    assert_eq!(header("cache-control"), "no-cache");
    assert!(header("content-type").starts_with("text/html"));
    assert!(page.text().await.unwrap().contains("the page"));

    let script = http.get(format!("{ops}/ops/assets/a.js")).header(header::ACCEPT_ENCODING, "br").send().await.unwrap();
    assert_eq!(script.headers()[header::CONTENT_ENCODING], "br");
    assert!(script.headers()[header::CONTENT_TYPE].to_str().unwrap().contains("javascript"));
    assert_eq!(script.text().await.unwrap(), "compressed");

    let away = http.get(format!("{ops}/ops")).send().await.unwrap();
    assert_eq!(
        (away.status(), &away.headers()[header::LOCATION]),
        (StatusCode::PERMANENT_REDIRECT, &"/ops/".parse().unwrap())
    );
    for (path, status) in [
        ("/ops/no-such-file", 404),
        ("/ops/%2e%2e/veilpass-outside.txt", 404),
        ("/ops/..%2fveilpass-outside.txt", 404),
        ("/ops/v1/metrics", 401),
        ("/ops/v1/no-such-path", 401),
        ("/metrics", 200),
    ] {
        let answer = http.get(format!("{ops}{path}")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert!(!answer.text().await.unwrap().contains("outside"), "{path}");
    }
    assert_eq!(http.post(format!("{ops}/ops/")).send().await.unwrap().status().as_u16(), 405);
    let public = http.get(format!("http://{}/ops/", stack.client.authority())).send().await.unwrap();
    assert_eq!(public.status().as_u16(), 404, "the page is not on the public port");
}
