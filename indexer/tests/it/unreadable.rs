//! Transactions of versions to come: a node that tells of them, in recorded answers.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use veilpass_chain::PROGRAM_ID;
use veilpass_indexer::{Follower, Ledger};
use veilpass_store::Store;

use crate::chain::{has_old_news, outdate_news};

fn signature(number: u8) -> String {
    solana_signature::Signature::from([number; 64]).to_string()
}

/// What a node says that lists two final transactions.
fn answer(request: &Value) -> Value {
    let listed = |number: u8| {
        json!({"signature": signature(number), "slot": 40 + u64::from(number), "err": null,
        "memo": null, "blockTime": 1_800_000_000, "confirmationStatus": "finalized"})
    };
    let result = match request["method"].as_str().unwrap() {
        "getSlot" => json!(100),
        "getSignaturesForAddress" if request["params"][1]["until"].is_null() => json!([listed(2), listed(1)]),
        "getSignaturesForAddress" => json!([]),
        "getSignatureStatuses" => json!({"context": {"slot": 100}, "value": [{"slot": 42, "confirmations": null,
            "err": null, "status": {"Ok": null}, "confirmationStatus": "finalized"}]}),
        "getTransaction" if request["params"][0] == signature(1) => {
            let message = "Transaction version (9) is not supported by the requesting client.";
            return json!({"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32015, "message": message}});
        }
        "getTransaction" => json!({"slot": 42, "version": "novel", "transaction": {"shape": [1]}, "meta": {}}),
        other => panic!("{other} is not asked for"),
    };
    json!({"jsonrpc": "2.0", "id": request["id"], "result": result})
}

async fn serve(stream: TcpStream) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while stream.read_line(&mut line).await? > 0 && line != "\r\n" {
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            line.clear();
        }
        if length == 0 {
            return Ok(());
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let request: Value = serde_json::from_slice(&body).unwrap();
        let answers = request.as_array().map(|batch| batch.iter().map(answer).collect());
        let body = answers.unwrap_or_else(|| answer(&request)).to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        stream.write_all((head + &body).as_bytes()).await?;
    }
}

/// Follows such a node.
async fn follower(pool: &PgPool) -> Follower {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    Follower::new(Store::from_pool(pool.clone()), Ledger::new(url, Duration::from_secs(5), 50), 2)
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn what_cannot_be_read_is_listed_and_stops_nothing(pool: PgPool) {
    let store = Store::from_pool(pool.clone());
    let mut follower = follower(&pool).await;
    assert_eq!(follower.poll().await.unwrap().skipped, 2);
    assert!(!follower.poll().await.unwrap().changed());
    let program = PROGRAM_ID.to_string();
    assert_eq!(store.chain_counts(&program).await.unwrap().skipped, 2);
    assert_eq!(store.chain_progress(&program).await.unwrap().unwrap().cursor, Some((signature(2), 42)));
    let reason: String =
        sqlx::query_scalar("SELECT reason FROM chain_skipped ORDER BY slot").fetch_one(&pool).await.unwrap();
    assert!(reason.contains("version (9)"), "{reason}");
}

#[sqlx::test(migrator = "veilpass_store::MIGRATOR")]
async fn a_node_that_stands_still_tells_no_news(pool: PgPool) {
    let mut follower = follower(&pool).await;
    follower.poll().await.unwrap();
    assert!(!has_old_news(&pool).await, "a look at all of a chain that was never seen");
    outdate_news(&pool).await;
    follower.poll().await.unwrap();
    assert!(has_old_news(&pool).await, "the node is where it was");
}
