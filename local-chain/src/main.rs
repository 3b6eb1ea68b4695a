//! A Solana chain on this machine: one validator with RPC and WebSocket, in memory, with programs loaded at genesis.
//!
//! Prints one line of JSON when it answers, `{"rpc": .., "ws": ..}`, and ends on SIGTERM, SIGINT, or when its standard input
//! closes: a supervisor that dies takes it along.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::TcpListener;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use crossbeam_channel::unbounded;
use solana_address::Address;
use surfpool_core::surfnet::{locker::SurfnetSvmLocker, svm::SurfnetSvm};
use surfpool_types::{
    SimnetEvent, SurfpoolConfig,
    types::{BlockProductionMode, RpcConfig, SimnetConfig},
};

/// A local Solana chain, for tests and demos. Nothing is kept: it starts empty each time.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Loads a program at its address: ADDRESS=FILE.so. May be given more than once.
    #[arg(long = "program", value_name = "ADDRESS=FILE")]
    programs: Vec<Program>,
    /// Gives an account 1,000 SOL. May be given more than once.
    #[arg(long = "fund", value_name = "ADDRESS")]
    funded: Vec<Address>,
    /// Port of the RPC, on the loopback interface; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    rpc_port: u16,
    /// Port of the WebSocket, on the loopback interface; 0 picks a free one.
    #[arg(long, default_value_t = 0)]
    ws_port: u16,
    /// Milliseconds from slot to slot.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    slot_ms: u64,
}

#[derive(Clone)]
struct Program {
    address: Address,
    file: PathBuf,
}

impl FromStr for Program {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, file) = text.split_once('=').ok_or("expected ADDRESS=FILE.so")?;
        let address = address.parse().map_err(|error| format!("{address} is not an address: {error}"))?;
        Ok(Self { address, file: file.into() })
    }
}

const FUNDS: u64 = 1_000 * 1_000_000_000;
const LOOPBACK: &str = "127.0.0.1";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let ports = free_ports([options.rpc_port, options.ws_port, 0, 0, 0])?;
    let config = SurfpoolConfig {
        simnets: vec![SimnetConfig {
            offline_mode: true,
            remote_rpc_url: None,
            airdrop_addresses: options.funded.clone(),
            airdrop_token_amount: FUNDS,
            slot_time: options.slot_ms,
            block_production_mode: BlockProductionMode::Clock,
            instruction_profiling_enabled: false,
            ..SimnetConfig::default()
        }],
        rpc: RpcConfig {
            bind_host: LOOPBACK.into(),
            bind_port: ports[0],
            ws_port: ports[1],
            gossip_port: ports[2],
            tpu_port: ports[3],
            tpu_quic_port: ports[4],
        },
        ..SurfpoolConfig::default()
    };

    let (mut svm, events, geyser_events) = SurfnetSvm::default();
    // The flag in the configuration counts only after a runbook. Profiling copies the whole chain for each instruction of each
    // transaction: with 10,000 transactions in it, a new one took 40 ms.
    svm.set_profile_instructions(false);
    let (commands, received) = unbounded();
    let chain = SurfnetSvmLocker::new(svm);
    let running = chain.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
        let ended = runtime.block_on(surfpool_core::runloops::start_local_surfnet_runloop(
            running,
            config,
            commands,
            received,
            geyser_events,
        ));
        eprintln!("the chain ended: {ended:?}");
        std::process::exit(1);
    });
    loop {
        match events.recv_timeout(Duration::from_secs(60)).context("the chain did not start within a minute")? {
            SimnetEvent::CoreStarted(_) => break,
            SimnetEvent::Aborted(reason) => bail!("the chain could not start: {reason}"),
            _ => {}
        }
    }
    // Events must be taken, or the chain waits.
    std::thread::spawn(move || while events.recv().is_ok() {});

    for Program { address, file } in &options.programs {
        let code = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let loaded = chain.write_program(*address, None, 0, &code, &None).await;
        loaded.map_err(|error| anyhow::anyhow!("cannot load {}: {error}", file.display()))?;
    }
    println!(
        "{}",
        serde_json::json!({
            "rpc": format!("http://{LOOPBACK}:{}", ports[0]),
            "ws": format!("ws://{LOOPBACK}:{}", ports[1]),
        })
    );
    wait_for_the_end().await
}

/// Ports below those that Linux gives out by itself (32,768 and up): between the look here and the chain's own binding only
/// another chain could take one, and that draws from 22,000.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// The ports that are wanted, with a free one for each 0.
fn free_ports<const N: usize>(wanted: [u16; N]) -> anyhow::Result<[u16; N]> {
    let mut ports = [0; N];
    for index in 0..N {
        let taken = ports[..index].to_vec();
        ports[index] = match wanted[index] {
            0 => free_port(&taken)?,
            port => {
                TcpListener::bind((LOOPBACK, port)).with_context(|| format!("port {port} is taken"))?;
                port
            }
        };
    }
    Ok(ports)
}

fn free_port(taken: &[u16]) -> anyhow::Result<u16> {
    for _ in 0..1_000 {
        // The standard library's hashes start from random keys.
        let drawn = RandomState::new().build_hasher().finish() % u64::from(PORTS.end - PORTS.start);
        let port = PORTS.start + drawn as u16;
        if !taken.contains(&port) && TcpListener::bind((LOOPBACK, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port from {} to {} is free", PORTS.start, PORTS.end)
}

async fn wait_for_the_end() -> anyhow::Result<()> {
    use tokio::io::AsyncReadExt;
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut input = [0; 64];
    let mut stdin = tokio::io::stdin();
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            read = stdin.read(&mut input) => if !matches!(read, Ok(1..)) { break },
        }
    }
    std::process::exit(0)
}
