//! `veilpass bench`: measurements, one JSON object a line.

mod all;
mod api;
mod bb_process;
pub mod chain;
mod claim;
mod cost;
mod device;
mod fleet;
mod indexer;
mod model;
mod peers;
mod proof;
mod report;
mod script;
mod settle;
pub mod slope;
pub mod table;
mod tree;

use std::process::ExitCode;

/// `veilpass bench`
#[derive(clap::Subcommand, Clone, Debug)]
pub enum Command {
    /// All of these, one after the other, held against what they should be.
    All(all::Options),
    /// A proof at depth 32 on one core: warm worker against one bb process for each proof, in turn.
    Proof(proof::Options),
    /// The registry tree: build, path, insert, snapshot; at 10^5 and 10^6 leaves.
    Tree(tree::Options),
    /// The prover fleet: throughput, latency, overload, memory and worker swaps of a whole stack, against a bb process for
    /// each proof and Barretenberg's wasm.
    Fleet(fleet::Options),
    /// The API away from proving: reads at 1,000 a second, 1,000 event streams, the download of the leaves; with Redis and
    /// without.
    Api(api::Options),
    /// The on-chain verifier: compute units by phase, transactions, bytes, rent.
    Chain(chain::Options),
    /// A proof on a listener's device: the SDK's in headless Chromium, against a whole stack.
    Device(device::Options),
    /// What others need for the like of a proof, on this machine: Semaphore v4 in Node.
    Peers(peers::Options),
    /// What 10 thousand, 100 thousand or a million proofs a month need, and 10^8 leaves: by simulation (docs/scaling.md).
    Model(model::Options),
    /// The indexer: catching up with a backlog, and the lag behind a live chain; with a private Postgres and a local chain.
    Indexer(indexer::Options),
}

/// Runs one.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::All(options) => return all::run(&options).await,
        Command::Proof(options) => proof::run(&options),
        Command::Tree(options) => tree::run(&options),
        Command::Fleet(options) => fleet::run(&options).await,
        Command::Api(options) => api::run(&options).await,
        Command::Chain(options) => chain::run(&options),
        Command::Device(options) => device::run(&options),
        Command::Peers(options) => peers::run(&options),
        Command::Model(options) => model::run(&options),
        Command::Indexer(options) => indexer::run(&options).await,
    }?;
    Ok(ExitCode::SUCCESS)
}
