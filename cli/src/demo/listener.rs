//! A listener with a wallet, from its token to what a media server asks for.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ed25519_dalek::{Signer, SigningKey};
use indicatif::{ProgressBar, ProgressStyle};
use rand::Rng;
use solana_address::Address;
use veilpass_client::{Client, Enrolment, EnrolmentRequest, Grant, OwnershipProof, Settle, Verification};
use veilpass_protocol::{
    ContextPreimage, Epoch, IdentitySecret, ProofStatement, TokenId, TrackId, hash_scope, unix_now,
};
use veilpass_sealing::OwnershipWitness;

use super::{Environment, figures::Figures, secrets::Secrets, token::mint_token};
use crate::holders::{AUDIENCE, CLUSTER, TRACKS, program_id};

/// Until a root with the enrolment is on chain.
const PATIENCE: Duration = Duration::from_secs(120);
/// For how long the session lives.
const SESSION: Duration = Duration::from_secs(3600);

/// What the listener's device has. None of it leaves it but sealed, or as what is derived from it.
struct Listener {
    wallet: SigningKey,
    session_key: SigningKey,
    secret: IdentitySecret,
    mint: Address,
    track: TrackId,
}

/// Enrols by a wallet's signature, proves, and gets, renews and ends a session grant.
pub(super) async fn run(environment: &Environment, figures: &mut Figures, secrets: &Secrets) -> anyhow::Result<()> {
    println!("\nA listener with a wallet enrols, proves, and gets a session grant:");
    let since = Instant::now();
    let wallet = SigningKey::from_bytes(&rand::rng().random());
    let chain = environment.chain()?;
    let mint = mint_token(&chain.rpc, chain.fee_payer(), &Address::from(wallet.verifying_key().to_bytes())).await?;
    let listener = Listener {
        wallet,
        session_key: SigningKey::from_bytes(&rand::rng().random()),
        secret: IdentitySecret::random(&mut rand::rng()),
        mint,
        track: TrackId::from_slug(TRACKS[0]),
    };
    secrets.add("the listener's secret", listener.secret.expose_be_bytes().as_slice());
    secrets.add("the wallet's key", listener.wallet.as_bytes());
    secrets.add("the session's key", listener.session_key.as_bytes());
    let token = TokenId::from_mint(&mint.to_bytes());
    environment.store()?.allow_assets(environment.registry, listener.track, &[token]).await?;
    println!("  minted   a token that unlocks {}: {mint}", TRACKS[0]);

    let api = Client::with_http(environment.url(), reqwest::Client::builder().no_proxy().build()?);
    let enrolment = listener.enrol(&api, environment, secrets).await?;
    let place = enrolment.leaf_index;
    println!("  enrolled at place {place}, under root {} on chain", enrolment.root_seq.unwrap_or_default());
    let set = api.anonymity(environment.registry, listener.track).await?;
    println!("  hides    among {} holders of the track", set.holders);

    let session = listener.session();
    let proof = listener.prove(&api, environment, &session, place, secrets).await?;
    let verification = api.verify(&proof, &session, Settle::OffChain).await?;
    let grant = verification.grant.clone().context("the verification brought no session grant")?;
    secrets.add_text("a session grant", &grant.token);
    listener.use_grant(&api, &verification, &session, grant, secrets).await?;
    figures.step("a listener's whole way", since, "wallet, token, enrolment, proof, grant");
    Ok(())
}

impl Listener {
    async fn enrol(&self, api: &Client, environment: &Environment, secrets: &Secrets) -> anyhow::Result<Enrolment> {
        let request = EnrolmentRequest {
            registry_id: environment.registry,
            track_id: self.track,
            mint: self.mint.to_string(),
            wallet: bs58::encode(self.wallet.verifying_key().as_bytes()).into_string(),
            commitment: self.secret.commitment(),
            audience: Some(AUDIENCE.to_owned()),
        };
        // Which wallet and which token: what nobody may find in a log.
        secrets.add_text("the wallet", &request.wallet);
        secrets.add_text("the mint", &request.mint);
        let challenge = api.challenge(&request).await?;
        let signature = self.wallet.sign(challenge.message.as_bytes()).to_bytes();
        secrets.add("the wallet's signature", &signature);
        let enrolment = api.enrol(&challenge, &signature).await?;
        let active = tokio::time::timeout(PATIENCE, api.wait_for_enrolment(enrolment.id)).await;
        let enrolment = active.context("no root with the enrolment came to the chain")??;
        ensure!(enrolment.status == "active", "the enrolment is {}", enrolment.status);
        Ok(enrolment)
    }

    fn session(&self) -> ContextPreimage {
        ContextPreimage {
            audience: AUDIENCE.to_owned(),
            session_public_key: self.session_key.verifying_key().to_bytes(),
            expires_at: unix_now() + SESSION.as_secs(),
            program_id: program_id(),
            cluster: CLUSTER.to_owned(),
        }
    }

    async fn prove(
        &self,
        api: &Client,
        environment: &Environment,
        session: &ContextPreimage,
        place: u32,
        secrets: &Secrets,
    ) -> anyhow::Result<OwnershipProof> {
        let registry = environment.registry;
        let epoch: Epoch = api.registry(registry).await?.epoch;
        let statement = ProofStatement {
            registry_id: registry,
            track_id: self.track,
            epoch,
            nullifier: self.secret.nullifier(hash_scope(registry, self.track, epoch)),
            context: session.context(),
        };
        let witness = OwnershipWitness {
            identity_secret: IdentitySecret::from_be_bytes(&self.secret.expose_be_bytes())?,
            token_id: TokenId::from_mint(&self.mint.to_bytes()),
            leaf_index_hint: place,
        };
        let key = api.prover_keys().await?.into_iter().next().context("no prover has a key")?;
        let job = api.request_proof(&key, &statement, &witness).await?;
        secrets.add_text("a job token", job.expose_token());
        let spinner =
            ProgressBar::new_spinner().with_style(ProgressStyle::with_template("  {spinner} {msg} {elapsed}")?);
        spinner.enable_steady_tick(Duration::from_millis(80));
        let mut stages = Vec::new();
        let ended = api.wait_for_proof(&job, |stage| {
            spinner.set_message(stage.to_string());
            stages.push(stage.to_string());
        });
        let ended = ended.await;
        spinner.finish_and_clear();
        ended?;
        println!("  proved   {}", stages.join(", "));
        Ok(api.fetch_proof(&job).await?)
    }

    async fn use_grant(
        &self,
        api: &Client,
        verification: &Verification,
        session: &ContextPreimage,
        grant: Grant,
        secrets: &Secrets,
    ) -> anyhow::Result<()> {
        let is_active = async |token: &str| -> anyhow::Result<bool> {
            Ok(api.introspect_grant(token).await?["active"].as_bool().unwrap_or(false))
        };
        ensure!(is_active(&grant.token).await?, "a new grant is not active");
        let renewed = api.renew_grant(verification.id, session, &self.session_key).await?;
        secrets.add_text("a renewed grant", &renewed.token);
        ensure!(is_active(&renewed.token).await?, "a renewed grant is not active");
        api.revoke_grant(&grant.token).await?;
        if is_active(&grant.token).await? {
            bail!("a revoked grant is still active");
        }
        println!("  granted  a session, renewed by its key; the first grant revoked");
        Ok(())
    }
}
