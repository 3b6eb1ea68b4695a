//! A proxy that cuts every connection after a while.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::net::{TcpListener, TcpStream};

pub(crate) struct CuttingProxy {
    pub(crate) address: String,
    pub(crate) connections: Arc<AtomicU32>,
}

impl CuttingProxy {
    /// Listens on a free port, for as long as the test's runtime lives.
    pub(crate) async fn start(target: String, life: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let target = target.clone();
                tokio::spawn(async move {
                    let Ok(mut far) = TcpStream::connect(target).await else { return };
                    let copied = tokio::io::copy_bidirectional(&mut near, &mut far);
                    let _ = tokio::time::timeout(life, copied).await;
                });
            }
        });
        Self { address, connections }
    }
}
