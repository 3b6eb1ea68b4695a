//! What goes wrong in a soak.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// SIGKILL to an API; it comes back after a while, on its port.
    KillApi,
    /// SIGKILL to a prover.
    KillProver,
    /// SIGKILL to the relayer.
    KillRelayer,
    /// SIGKILL to the indexer.
    KillIndexer,
    /// SIGKILL to a `bb`, or to the program before it.
    KillBb,
    /// SIGHUP to a prover: all its workers are replaced.
    RefreshProver,
    /// A prover's `bb` distort their answers, for a while.
    DistortAnswers,
    /// A prover's `bb` take ever more memory, for a while.
    GrowMemory,
    /// Postgres ends connections of the services.
    CutConnections,
    /// Postgres is killed; it comes back after a while.
    KillPostgres,
    /// Redis answers nothing, for a while.
    PauseRedis,
    /// Redis is killed, and comes back empty.
    KillRedis,
    /// Every request to the RPC fails in one way, for a while.
    RpcFails,
    /// Some of the requests to the RPC fail, each somehow.
    RpcFailsNowAndThen,
    /// The RPC is behind.
    RpcLags,
    /// Nobody listens at the RPC's port.
    RpcRefuses,
    /// WebSockets are cut, refused or silent.
    WebSocketFails,
}

/// With what ends a service.
pub(super) const WITH_KILLS: [Act; 20] = [
    Act::KillApi,
    Act::KillApi,
    Act::KillProver,
    Act::KillProver,
    Act::KillRelayer,
    Act::KillRelayer,
    Act::KillIndexer,
    Act::KillIndexer,
    Act::KillBb,
    Act::RefreshProver,
    Act::DistortAnswers,
    Act::GrowMemory,
    Act::CutConnections,
    Act::KillPostgres,
    Act::PauseRedis,
    Act::KillRedis,
    Act::RpcFails,
    Act::RpcLags,
    Act::RpcRefuses,
    Act::WebSocketFails,
];

/// Every service lives through these.
pub(super) const WITHOUT_KILLS: [Act; 14] = [
    Act::KillBb,
    Act::RefreshProver,
    Act::DistortAnswers,
    Act::GrowMemory,
    Act::CutConnections,
    Act::KillPostgres,
    Act::PauseRedis,
    Act::KillRedis,
    Act::RpcFails,
    Act::RpcFails,
    Act::RpcFailsNowAndThen,
    Act::RpcLags,
    Act::RpcRefuses,
    Act::WebSocketFails,
];
