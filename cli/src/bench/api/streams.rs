//! Many open event streams, each of another job that waits.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use veilpass_store::Store;

use super::stack::ApiStack;
use crate::{
    bench::report::Report,
    client::{Client, Job},
    holders::{Holder, session},
};

/// What one client may have.
const STREAMS_OF_A_CLIENT: u64 = 3;
/// For how long the streams stay open before memory is looked at: more than one heartbeat.
const OPEN_FOR: Duration = Duration::from_secs(20);

/// Measures and prints.
pub(super) async fn measure(stack: &ApiStack, count: u64, report: &Report) -> anyhow::Result<()> {
    let before = stack.memory()?.resident_mb();
    announce_key(stack, &stack.store).await?;
    let mut streams = Vec::new();
    for number in 0..count {
        let client = client_address(number / STREAMS_OF_A_CLIENT)?;
        let job = queue_job(stack, number, client).await?;
        streams.push(open(stack, client, &job).await.with_context(|| format!("stream {number}"))?);
    }
    tokio::time::sleep(OPEN_FOR).await;
    let memory = stack.memory()?;
    // All of them are still there.
    for stream in &mut streams {
        if !is_open(stream)? {
            bail!("a stream was closed");
        }
    }
    report.line(&format!("api_rss_mb_{count}sse"), memory.resident_mb(), "MB");
    report.line(&format!("api_rss_peak_mb_{count}sse"), memory.peak_mb(), "MB");
    report.line("api_kb_a_stream", (memory.resident_mb() - before) * 1e3 / count as f64, "kB");
    Ok(())
}

async fn announce_key(stack: &ApiStack, store: &Store) -> anyhow::Result<()> {
    let key = stack.prover_key.public_key();
    store.announce_prover_key(&key.to_bytes(), Duration::from_secs(3600)).await?;
    Ok(())
}

/// Another address of this machine for each client.
fn client_address(number: u64) -> anyhow::Result<IpAddr> {
    let [.., high, low] = u32::try_from(number + 2)?.to_be_bytes();
    Ok(Ipv4Addr::new(127, 77, high, low).into())
}

async fn queue_job(stack: &ApiStack, number: u64, client: IpAddr) -> anyhow::Result<Job> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let holder = Holder::new(number);
    let client = Client::new(&stack.base)?.at_address(client)?;
    let epoch = client.epoch(stack.registry).await?;
    let statement = holder.statement(stack.registry, epoch, &session(number, now + 3600));
    client.submit(&Client::proof_request(&stack.prover_key.public_key(), &statement, &holder.witness(0))).await
}

async fn open(stack: &ApiStack, client: IpAddr, job: &Job) -> anyhow::Result<TcpStream> {
    let api: SocketAddr = stack.client()?.authority().parse()?;
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(client, 0))?;
    let mut stream = socket.connect(api).await?;
    let (path, token) = (&job.path, &job.token);
    let request = format!(
        "GET {path}/events HTTP/1.1\r\nhost: {api}\r\naccept: text/event-stream\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut head = vec![0; 512];
    let read = stream.read(&mut head).await?;
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    if !head.starts_with("HTTP/1.1 200 ") {
        bail!("the API does not stream: {}", head.lines().next().unwrap_or_default());
    }
    Ok(stream)
}

/// Reads away what came, and says whether the other end is still there.
fn is_open(stream: &mut TcpStream) -> anyhow::Result<bool> {
    let mut buffer = [0; 4096];
    loop {
        match stream.try_read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) => return Err(error.into()),
        }
    }
}
