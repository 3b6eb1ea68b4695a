//! Registries on chain and in the database.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use clap::Subcommand;
use solana_address::Address;
use veilpass_chain::{PROGRAM_ID, RegistryParameters, SigningKey, initialize_registry, registry_address};
use veilpass_protocol::{EpochPolicy, RegistryId};
use veilpass_store::{NewRegistry, PublishedRoot, Store, StoreConfig};

use super::{
    audit::audit,
    import::{EnrolmentImportOptions, ImportOptions, import_assets, import_enrolments},
    rpc::ChainRpc,
};

/// `veilpass registry`
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Create a registry: on chain, where its authority pays for it, then in the database.
    Init(InitOptions),
    /// Compare the trees and roots of the database, of every prover, of the indexer and of the chain.
    Audit(AuditOptions),
    /// Let mints unlock tracks: lines of `mint` (base58) and `track` (its short name).
    ImportAssets(ImportOptions),
    /// Enrol tokens of a snapshot: lines of `mint`, `track`, `wallet` (base58) and `commitment`.
    #[command(name = "import-enrollments")]
    ImportEnrolments(EnrolmentImportOptions),
}

/// `veilpass registry init`
#[derive(clap::Args, Clone, Debug)]
pub struct InitOptions {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// RPC of the cluster.
    #[arg(long, env = "VEILPASS_RPC_URL", hide_env_values = true, value_name = "URL")]
    rpc: String,
    /// Which cluster that is.
    #[arg(long, value_parser = ["mainnet-beta", "testnet", "devnet", "localnet"])]
    cluster: String,
    /// File with the key of the registry's authority, which pays; mode 0600.
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// Address that publishes roots: the relayer's fee payer.
    #[arg(long, value_name = "ADDRESS")]
    publisher: Address,
    /// Short name: lowercase letters, digits, hyphens.
    #[arg(long)]
    slug: String,
    /// A track, by its short name. May be given more than once.
    #[arg(long = "track", value_name = "SLUG", required = true)]
    tracks: Vec<String>,
    /// Length of an epoch, in seconds: a listener proves once for each track and epoch.
    #[arg(long, default_value = "604800")]
    epoch_seconds: u64,
    /// For how long after its end an epoch is still accepted, in seconds.
    #[arg(long, default_value = "3600")]
    grace_seconds: u64,
    /// For how long a root is accepted, in seconds.
    #[arg(long, default_value = "604800")]
    root_seconds: u64,
}

/// `veilpass registry audit`
#[derive(clap::Args, Clone, Debug)]
pub struct AuditOptions {
    /// Postgres, as postgres://user:password@host/database.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// RPC of the cluster. None: the chain itself is not asked, only what the indexer saw.
    #[arg(long, env = "VEILPASS_RPC_URL", hide_env_values = true, value_name = "URL")]
    rpc: Option<String>,
    /// Only this registry, by its short name.
    #[arg(long)]
    slug: Option<String>,
    /// One JSON object for each finding.
    #[arg(long)]
    json: bool,
}

/// A registry that is to be made on chain and in the database.
pub struct NewAnchoredRegistry<'a> {
    /// What the database is to have; its program is the Veilpass program.
    pub registry: &'a NewRegistry,
    /// Short names of its tracks.
    pub tracks: &'a [&'a str],
    /// Administers it, and pays for its account.
    pub authority: &'a SigningKey,
    /// Publishes its roots.
    pub publisher: Address,
}

/// Makes a registry on chain, unless it is there already with the same parameters, then in the database.
pub async fn create_anchored_registry(
    store: &Store,
    chain: &ChainRpc,
    new: &NewAnchoredRegistry<'_>,
) -> anyhow::Result<()> {
    let (registry, address) = (new.registry, registry_address(new.registry.id));
    ensure!(registry.anchored && registry.program_id == PROGRAM_ID.to_string(), "not a registry of the program");
    ensure!(
        chain.has_program().await?,
        "the program {PROGRAM_ID} is not on this cluster: deploy it with ./veilpass program deploy"
    );
    let parameters = RegistryParameters {
        registry_id: registry.id.to_be_bytes(),
        publisher: new.publisher,
        epoch_length_seconds: registry.epochs.length_seconds,
        epoch_grace_seconds: registry.epochs.grace_seconds,
        root_lifetime_seconds: registry.root_lifetime_seconds,
    };
    let there: Option<veilpass_chain::Registry> = chain.read(&address).await?;
    match there {
        None => {
            let instruction = initialize_registry(new.authority.address(), registry.id, parameters);
            chain.send(new.authority, &[instruction]).await.context("the registry cannot be made on chain")?;
        }
        Some(there) => ensure!(
            there.authority == new.authority.address()
                && there.epoch_length_seconds == parameters.epoch_length_seconds
                && there.epoch_grace_seconds == parameters.epoch_grace_seconds
                && there.root_lifetime_seconds == parameters.root_lifetime_seconds,
            "a registry with this id is on chain already, with another authority ({}) or other parameters",
            there.authority
        ),
    }
    store.create_registry(registry).await.context("the registry is on chain, but the database refuses it")?;
    for track in new.tracks {
        store.create_track(registry.id, track).await?;
    }
    Ok(())
}

/// Waits until a root that includes all changes so far counts: computed by a relayer, on chain, seen by the indexer.
/// `check` is asked all the while, and may give up.
pub async fn wait_for_roots(
    store: &Store,
    registry: RegistryId,
    patience: Duration,
    mut check: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<PublishedRoot> {
    let target = store.registry(registry).await?.context("there is no such registry")?.change_seq;
    let deadline = Instant::now() + patience;
    loop {
        check()?;
        if let Some(root) = store.newest_root(registry).await?
            && root.is_fresh
            && root.change_seq >= target
        {
            return Ok(root);
        }
        if Instant::now() > deadline {
            bail!("no root with change {target} counts yet: see the logs of the relayer and the indexer");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs `veilpass registry`.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Init(options) => init(options).await.map(|()| ExitCode::SUCCESS),
        Command::ImportAssets(options) => {
            let outcome = import_assets(&connect(&options.database_url)?, &options).await?;
            Ok(outcome.tell(options.dry_run))
        }
        Command::ImportEnrolments(options) => {
            let outcome = import_enrolments(&connect(&options.import.database_url)?, &options).await?;
            Ok(outcome.tell(options.import.dry_run))
        }
        Command::Audit(options) => {
            let store = connect(&options.database_url)?;
            let chain = options.rpc.as_deref().map(ChainRpc::new);
            let mut sound = true;
            let registries = store.registries().await?;
            for registry in registries.iter().filter(|r| options.slug.as_ref().is_none_or(|slug| *slug == r.slug)) {
                let found = audit(&store, chain.as_ref(), registry).await?;
                sound &= found.is_sound();
                found.print(options.json);
            }
            if let Some(slug) = options.slug.filter(|slug| !registries.iter().any(|r| r.slug == *slug)) {
                bail!("there is no registry {slug}");
            }
            Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

async fn init(options: InitOptions) -> anyhow::Result<()> {
    let (store, chain) = (connect(&options.database_url)?, ChainRpc::new(&options.rpc));
    let id = RegistryId::from_account(&rand::random());
    let registry = NewRegistry {
        id,
        slug: options.slug,
        program_id: PROGRAM_ID.to_string(),
        cluster: options.cluster,
        epochs: EpochPolicy { length_seconds: options.epoch_seconds, grace_seconds: options.grace_seconds },
        root_lifetime_seconds: options.root_seconds,
        anchored: true,
    };
    let authority = SigningKey::read(&options.authority)?;
    let tracks: Vec<&str> = options.tracks.iter().map(String::as_str).collect();
    let new = NewAnchoredRegistry {
        registry: &registry,
        tracks: &tracks,
        authority: &authority,
        publisher: options.publisher,
    };
    create_anchored_registry(&store, &chain, &new).await?;
    println!("registry {id} ({}) at {}", registry.slug, registry_address(id));
    Ok(())
}

fn connect(url: &str) -> anyhow::Result<Store> {
    Ok(Store::connect_lazy(url, &StoreConfig { application_name: "veilpass-operator", ..StoreConfig::default() })?)
}
