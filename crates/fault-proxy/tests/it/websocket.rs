//! The WebSocket: bytes, cut, held back, refused.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use veilpass_fault_proxy::FaultProxy;

/// A proxy before a server that says what it hears.
async fn echo() -> (FaultProxy, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = stream.into_split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    let proxy = FaultProxy::start("http://127.0.0.1:1", &url).await.unwrap();
    let address = proxy.ws_url().strip_prefix("ws://").unwrap().to_owned();
    (proxy, address)
}

async fn heard(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut buffer = vec![0; text.len()];
    stream.read_exact(&mut buffer).await.is_ok() && buffer == text.as_bytes()
}

/// Waits for the end of a connection.
async fn end(mut stream: TcpStream) {
    let mut rest = vec![];
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
}

#[tokio::test]
async fn it_is_cut_held_back_and_refused() {
    let (proxy, address) = echo().await;
    let (faults, connect) = (proxy.faults(), || async { TcpStream::connect(&address).await });
    let (mut one, mut two) = (connect().await.unwrap(), connect().await.unwrap());
    assert!(heard(&mut one, "one").await && heard(&mut two, "two").await);
    faults.cut_websockets();
    tokio::join!(end(one), end(two));

    let mut three = connect().await.unwrap();
    assert!(heard(&mut three, "a cut is not for ever").await);
    faults.silence_websockets(true);
    let patience = Duration::from_millis(100);
    assert!(timeout(patience, heard(&mut three, "late")).await.is_err());
    faults.silence_websockets(false);
    let mut buffer = [0; 4];
    three.read_exact(&mut buffer).await.unwrap();
    assert_eq!(&buffer, b"late");

    faults.cut_websockets_after(Some(Duration::from_millis(20)));
    end(connect().await.unwrap()).await;
    assert!(heard(&mut three, "older connections live on").await);
    faults.refuse_websockets(true);
    end(three).await;
    assert!(connect().await.is_err());
    assert_eq!(faults.counts().websockets, 4);
    faults.clear();
    while connect().await.is_err() {}
}
