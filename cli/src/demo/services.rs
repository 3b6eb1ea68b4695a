//! The API, the listening room and the prover of the demo.

use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use rand::Rng;
use veilpass_chain::SigningKey;
use veilpass_circuit::Crs;

use super::{
    Environment, Options,
    environment::fresh_log,
    figures::Figures,
    ops::{OPS, OpsAccess},
    room::{Desk, RoomOptions, RoomPort},
};
use crate::{
    client::Client,
    holders::AUDIENCE,
    operator::ChainRpc,
    stack::{ApiOptions, ProverOptions, start_api, start_prover},
};

impl Environment {
    /// Starts API, room and prover, and waits until a proof can be asked for.
    pub(super) async fn start_services(
        &mut self,
        options: &Options,
        dir: &Path,
        database_url: &str,
        figures: &mut Figures,
    ) -> anyhow::Result<()> {
        let since = Instant::now();
        let api_log = fresh_log(&self.log_dir, "api.log")?;
        let master_key_file = master_key_file(dir)?;
        let room = RoomPort::bind(options.room_port).await?;
        let (rpc_url, _) = self.chain()?.urls();
        // Enough for every track but the rare one, however few holders were asked for.
        let floor = (options.leaves / 6).min(20).to_string();
        let operator = OpsAccess::open(dir)?;
        // All of the demo's listeners are one client to the API, and ask more often than a frontend does.
        let mut flags =
            vec!["--rate-limit-per-minute", "6000", "--anonymity-policy", "refuse", "--anonymity-floor", &floor];
        // A session may live as long as the epoch that its proof is for.
        flags.extend(["--max-session-seconds", "691200"]);
        // Whoever forgets an identity in the room and makes another is not held up.
        flags.extend(["--replacement-seconds", "0"]);
        flags.extend(operator.flags());
        let (api, url) = start_api(&ApiOptions {
            redis_url: None,
            database_url,
            audience: &format!("{AUDIENCE},{}", room.origin()),
            port: options.port,
            flags: &flags,
            env: &[
                ("VEILPASS_MASTER_KEY_FILE", &master_key_file),
                ("VEILPASS_RPC_URLS", rpc_url),
                ("VEILPASS_OPERATOR_KEYS", operator.setting()),
            ],
            log: &api_log,
            filter: options.log_filter.as_deref(),
        })
        .await?;
        self.api = Some(api);
        figures.step("start the API", since, url.clone());
        self.ops = operator.address(&api_log)?;
        self.open_room(room, &url)?;

        if !Crs::locate()?.is_present() {
            println!("  no reference string on this machine: bb downloads its own at the first proof");
        }
        let since = Instant::now();
        let prover_log = fresh_log(&self.log_dir, "prover.log")?;
        // The demo's registries are new each time: a snapshot of an earlier run is of no use.
        let snapshot_dir = dir.join("snapshots");
        let _ = std::fs::remove_dir_all(&snapshot_dir);
        let prover = self.prover.insert(start_prover(&ProverOptions {
            database_url,
            key_file: dir.join("prover.key"),
            snapshot_dir,
            lease_seconds: 30,
            drain_seconds: 20,
            log: &prover_log,
            filter: options.log_filter.as_deref(),
            bb: options.bb.as_deref(),
            flags: &OPS,
        })?);
        let client = Client::new(&url)?;
        // A prover that refuses to start says why, at once.
        let key = loop {
            prover.check()?;
            match client.wait_for_prover_key(Duration::from_millis(200)).await {
                Ok(key) => break key,
                Err(error) if since.elapsed() > Duration::from_secs(120) => return Err(error),
                Err(_) => {}
            }
        };
        figures.step("start the prover", since, "bb warm, tree at the published root");
        (self.client, self.prover_key, self.url) = (Some(client), Some(key), url);
        self.key_files = vec![dir.join("prover.key"), master_key_file.into(), dir.join("operator.key")];
        Ok(())
    }

    fn open_room(&mut self, port: RoomPort, api: &str) -> anyhow::Result<()> {
        let chain = self.chain()?;
        let (rpc, _) = chain.urls();
        let desk = || -> anyhow::Result<Desk> {
            let payer = SigningKey::read(chain.fee_payer_file())?;
            Ok(Desk::new(ChainRpc::new(rpc), payer, self.store()?.clone()))
        };
        let desk = chain.is_local().then(desk).transpose()?;
        let options = RoomOptions { api: api.to_owned(), rpc: rpc.to_owned(), registry: self.registry, desk };
        self.room = port.open(options)?;
        Ok(())
    }
}

/// The demo's master key, made at its first run.
fn master_key_file(dir: &Path) -> anyhow::Result<String> {
    let path = dir.join("master.key");
    if !path.exists() {
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(hex::encode(rand::rng().random::<[u8; 32]>()).as_bytes())?;
    }
    path.into_os_string().into_string().ok().context("the folder's name is not UTF-8: choose another with --data")
}
