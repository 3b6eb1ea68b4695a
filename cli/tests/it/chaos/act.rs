//! What a saboteur may do.

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// SIGKILL to a prover; it comes back after a while.
    KillProver,
    /// SIGKILL to a prover whose `bb` are frozen: none of them sees it go, and none may outlive it.
    OrphanBb,
    /// SIGTERM to a prover, as in a rolling restart.
    StopProver,
    /// SIGHUP to a prover: all its workers are replaced.
    RefreshProver,
    /// SIGSTOP to a prover for longer than its leases last: it goes on as a stale worker.
    FreezeProver,
    /// SIGKILL to a `bb`, or to the program before it.
    KillBb,
    /// SIGSTOP to one of these. Some go on later, some never.
    FreezeBb,
    /// The limit of the memory of one of these is lowered to what it has, or a little more.
    SqueezeBb,
    /// A prover's `bb` distort their answers, for a while.
    DistortAnswers,
    /// A prover's `bb` take ever more memory, for a while.
    GrowMemory,
    /// A prover's `bb` are slow, for a while.
    SlowAnswers,
    /// Postgres is killed; it comes back after a while.
    KillPostgres,
    /// Postgres ends connections of the services.
    CutConnections,
}

pub(super) const CARDS: [Act; 16] = [
    Act::KillProver,
    Act::OrphanBb,
    Act::StopProver,
    Act::RefreshProver,
    Act::FreezeProver,
    Act::KillBb,
    Act::KillBb,
    Act::FreezeBb,
    Act::FreezeBb,
    Act::SqueezeBb,
    Act::DistortAnswers,
    Act::DistortAnswers,
    Act::GrowMemory,
    Act::SlowAnswers,
    Act::KillPostgres,
    Act::CutConnections,
];
