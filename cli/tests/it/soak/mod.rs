//! The whole stack under a moderate load for half an hour, while everything under it fails: nothing is lost or doubled, and no
//! process grows.
//!
//! In the first third services are killed; after that they live, while whatever they depend on fails; the last minute is calm.
//! What was measured is in `processes.csv` and `database.csv` of a folder that the test names.
//!
//! The draws are those of a seed; what they meet is up to the machine. `VEILPASS_SOAK_SEED` gives the seed, and
//! `VEILPASS_SOAK_SECONDS` says for how long.

mod act;
mod judge;
mod leftovers;
mod listener;
mod process;
mod saboteur;
mod session;
mod site;
mod tally;
mod verdict;
mod visitor;
mod watch;
mod world;

use std::{
    ops::Range,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::future::{join, join_all};
use rand::Rng;

use self::{
    act::{Act, WITH_KILLS, WITHOUT_KILLS},
    listener::Listener,
    saboteur::Saboteur,
    site::Site,
    visitor::Visitor,
    watch::Watch,
    world::World,
};
use crate::{
    deck::Deck,
    job_ends,
    journal::Journal,
    processes::{adopt_orphans, nothing_is_left},
};

/// How long whatever should happen may take.
const PATIENCE: Duration = Duration::from_secs(120);
const SEED: u64 = 8;
/// With their pauses, about half of what two cores can do.
const LISTENERS: u8 = 8;

/// How a soak goes.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    duration: Duration,
    /// At the end, without faults.
    calm: Duration,
    /// Between two faults, in milliseconds.
    pause: Range<u64>,
    /// Before the load: what only the start took is given back.
    settle: Duration,
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "long: ./veilpass test --long"]
async fn whatever_fails_for_half_an_hour_nothing_is_lost_and_nobody_grows() {
    soak(Plan {
        seed: setting("VEILPASS_SOAK_SEED").unwrap_or(SEED),
        duration: Duration::from_secs(setting("VEILPASS_SOAK_SECONDS").unwrap_or(1800)),
        calm: Duration::from_secs(60),
        pause: 10_000..20_000,
        settle: Duration::from_secs(40),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_for_a_moment_nothing_is_lost_and_nothing_is_left() {
    soak(Plan {
        seed: setting("VEILPASS_SOAK_SEED").unwrap_or(SEED),
        duration: Duration::from_secs(30),
        calm: Duration::from_secs(3),
        pause: 500..2_000,
        settle: Duration::from_secs(1),
    })
    .await;
}

async fn soak(plan: Plan) {
    eprintln!("soak for {} s; again with VEILPASS_SOAK_SEED={}", plan.duration.as_secs(), plan.seed);
    adopt_orphans();
    let mut site = Site::start(plan.seed).await;
    let journal = Journal::new("soak", plan.seed, site.folder());
    let mut watch =
        Watch::new(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("soak-{}-s", plan.duration.as_secs())));
    eprintln!("measurements: {}", watch.folder().display());
    let mut saboteur = Saboteur::new(plan.seed, &journal);
    saboteur.heal(&mut site).await;
    job_ends::watch(&site.stack.pool).await;
    tokio::time::sleep(plan.settle).await;
    watch.look(&mut site).await;
    let (idle, connections) = (verdict::counts(&mut site), watch.connections());

    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (chain, store, registry) = (site.stack.chain().view(), site.stack.store.clone(), site.stack.registry);
    let world = World::new(site.bases(), chain, store, registry, now + 20_000, &journal);
    let listeners = (0..LISTENERS).map(|number| Listener::new(&world, 1 + number, plan.seed).live());
    let load = join(join_all(listeners), Visitor::new(&world, plan.seed).live());
    let faults = async {
        rage(&plan, &mut site, &mut saboteur, &mut watch, &journal).await;
        world.end();
    };
    join(faults, load).await;
    journal.note("the load has ended");

    eprintln!("{:.2} cores were busy, on average", watch.cores());
    eprintln!("requests:\n{}faults:\n{}", world.tally, saboteur.done);
    eprintln!("services, with their measurements in {}:\n{}", watch.folder().display(), verdict::figures(&watch));
    for what in ["enrolment", "proof", "verification offchain", "verification onchain", "grant", "leaves"] {
        assert!(world.tally.of(what, "done") > 0, "no {what} was done");
    }
    let promised = world.promised.into_inner().unwrap();
    verdict::nothing_is_lost_or_doubled(&mut site, &promised).await;
    let mut wrong = verdict::falls_back(&mut site, &mut watch, &idle, connections).await;
    wrong.extend(verdict::growth(&watch));

    let provers: Vec<u32> =
        watch.lives().iter().filter(|life| life.name.starts_with("prover")).map(|life| life.pid).collect();
    let dir = site.stop(&journal).await;
    nothing_is_left(dir.path()).await;
    wrong.extend(leftovers::unfinished(dir.path()).iter().map(|path| format!("left: {}", path.display())));
    wrong.extend(leftovers::control_groups(&provers).iter().map(|path| format!("left: {}", path.display())));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!(
        "{} jobs, {} nullifiers, {} enrolments, each once; idle before and after within {} descriptors",
        promised.jobs.len(),
        promised.spent.len(),
        promised.enrolments.len(),
        judge::IDLE_SLACK
    );
}

/// Breaks and mends, looks after the services and looks at them, until time is up.
async fn rage(plan: &Plan, site: &mut Site, saboteur: &mut Saboteur, watch: &mut Watch, journal: &Journal) {
    let since = Instant::now();
    let (mut with_kills, mut without): (Deck<Act>, Deck<Act>) = (Deck::new(&WITH_KILLS), Deck::new(&WITHOUT_KILLS));
    let (no_kills_from, calm_from) = (plan.duration / 3, plan.duration.saturating_sub(plan.calm));
    let mut next = Instant::now();
    let mut is_calm = false;
    while since.elapsed() < plan.duration {
        site.supervise(journal);
        watch.look(site).await;
        if since.elapsed() >= calm_from {
            if !is_calm {
                saboteur.heal(site).await;
                is_calm = true;
            }
        } else {
            saboteur.mend(site).await;
            if Instant::now() >= next {
                let deck = if since.elapsed() < no_kills_from { &mut with_kills } else { &mut without };
                let act = deck.deal(saboteur.random());
                saboteur.act(site, act).await;
                next = Instant::now() + Duration::from_millis(saboteur.random().random_range(plan.pause.clone()));
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
