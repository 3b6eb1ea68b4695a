//! A port that takes connections, or refuses them.

use std::{io, net::SocketAddr};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinSet,
};

use crate::faults::{Faults, State};

const BACKLOG: u32 = 1024;

/// A port that takes connections.
pub(crate) struct Doors {
    listener: TcpListener,
    address: SocketAddr,
}

impl Doors {
    /// A free port of the loopback interface. Connections are taken from now on, and served when it is opened.
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = bound(SocketAddr::from(([127, 0, 0, 1], 0)))?.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves connections, each in a task of its own. While `refused`, there are none.
    pub(crate) async fn open<F>(
        self,
        faults: Faults,
        refused: fn(&State) -> bool,
        serve: impl Fn(TcpStream) -> F,
    ) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut listener = self.listener;
        let mut changes = faults.subscribe();
        loop {
            let mut connections = JoinSet::new();
            tokio::select! {
                () = accept(&listener, &mut connections, &serve) => {}
                _ = changes.wait_for(refused) => {}
            }
            drop(listener);
            connections.shutdown().await;
            // While nobody listens on a bound port, connections are refused, and the port is nobody else's.
            let socket = bound(self.address)?;
            let _ = changes.wait_for(|state| !refused(state)).await;
            listener = socket.listen(BACKLOG)?;
        }
    }
}

async fn accept<F>(listener: &TcpListener, connections: &mut JoinSet<()>, serve: &impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        // An error is one connection's: it ended before it was accepted.
        if let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            connections.spawn(serve(stream));
        }
        while connections.try_join_next().is_some() {}
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections of before linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
