//! The WebSocket, as bytes.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::sleep,
};

use crate::faults::Faults;

/// Passes on what a client and the node say, until one of them or a fault ends it.
pub(crate) async fn relay(near: TcpStream, target: String, faults: Faults) {
    faults.count_websocket();
    let state = faults.state();
    let mut changes = faults.subscribe();
    let cut = async move {
        let _ = changes.wait_for(|now| now.ws_cuts > state.ws_cuts).await;
    };
    let life = async {
        match state.ws_life {
            Some(life) => sleep(life).await,
            None => std::future::pending().await,
        }
    };
    let talk = async {
        let Ok(far) = TcpStream::connect(target).await else { return };
        let ((mut near_read, near_write), (far_read, mut far_write)) = (near.into_split(), far.into_split());
        tokio::select! {
            _ = tokio::io::copy(&mut near_read, &mut far_write) => {}
            _ = speak(far_read, near_write, &faults) => {}
        }
    };
    tokio::select! {
        () = talk => {}
        () = cut => {}
        () = life => {}
    }
}

/// What the node says, unless it is silent.
async fn speak(mut far: OwnedReadHalf, mut near: OwnedWriteHalf, faults: &Faults) -> std::io::Result<()> {
    let mut changes = faults.subscribe();
    let mut buffer = [0; 4096];
    loop {
        let read = far.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        let _ = changes.wait_for(|state| !state.ws_silent).await;
        near.write_all(&buffer[..read]).await?;
    }
}
