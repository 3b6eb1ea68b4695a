//! Scripts that Redis runs as one step.

use std::sync::LazyLock;

use redis::Script;

/// The generic cell rate algorithm, on the server's clock so that replicas need not agree on theirs.
///
/// `KEYS[1]`: the client. `ARGV`: microseconds that a request costs; requests at once. Kept is the theoretical arrival
/// time (TAT): when everything so far would have been paid for. Answers: allowed (1 or 0); requests left; microseconds
/// until all are there again; microseconds until the next is allowed.
///
/// Numbers of Lua are doubles: exact up to 2^53, and `tostring` would write them with 14 digits. A TAT beyond what the
/// algorithm writes comes from a clock that was set back: it must not shut anybody out for longer than usual.
pub(crate) static GCRA: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local time = redis.call('TIME')
        local now = time[1] * 1000000 + time[2]
        local cost, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
        local full = cost * burst
        local tat = tonumber(redis.call('GET', KEYS[1]) or now) or now
        tat = math.min(math.max(tat, now), now + full)
        local new = tat + cost
        if new - full > now then
            return {0, 0, tat - now, new - full - now}
        end
        redis.call('SET', KEYS[1], string.format('%.0f', new), 'PX', math.ceil((new - now) / 1000))
        return {1, math.floor((now + full - new) / cost), new - now, 0}
        ",
    )
});

/// Compare and set. `KEYS[1]`; `ARGV`: the value that it must have, the new one, its life in milliseconds (0: remove).
pub(crate) static REPLACE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then
            return 0
        end
        if ARGV[3] == '0' then
            redis.call('DEL', KEYS[1])
        else
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
        end
        return 1
        ",
    )
});
