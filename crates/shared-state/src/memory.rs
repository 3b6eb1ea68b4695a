//! What one process remembers, with an end: bounded in bytes, each entry until its time.
//!
//! Not a cache: what is full refuses the new, since what it forgets could be a nonce that was spent.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::{Claim, Unavailable};

/// Most bytes of each space.
const SPACE_BYTES: usize = 4 << 20;
/// What an entry costs beside its value, about: two keys, a slot of the hash table, a node of the tree.
const ENTRY_BYTES: usize = 256;

/// SHA-256 of a key: no key is longer.
pub(crate) type Name = [u8; 32];

struct Entry {
    value: Box<[u8]>,
    since: Instant,
    until: Instant,
}

#[derive(Default)]
struct Space {
    entries: HashMap<Name, Entry>,
    by_end: BTreeSet<(Instant, Name)>,
    bytes: usize,
}

impl Space {
    fn remove(&mut self, name: &Name) -> Option<Box<[u8]>> {
        let entry = self.entries.remove(name)?;
        self.by_end.remove(&(entry.until, *name));
        self.bytes -= ENTRY_BYTES + entry.value.len();
        Some(entry.value)
    }

    fn drop_expired(&mut self, now: Instant) {
        while let Some(&(until, name)) = self.by_end.first()
            && until <= now
        {
            self.remove(&name);
        }
    }

    /// Makes room by forgetting the oldest but `kept`, if that is older than `spare`.
    fn forget_one(&mut self, now: Instant, spare: Duration, kept: &Name) -> bool {
        let old = |name: &Name| self.entries.get(name).is_some_and(|entry| now.duration_since(entry.since) >= spare);
        let mut names = self.by_end.iter().map(|(_, name)| *name);
        let Some(name) = names.find(|name| name != kept && old(name)) else { return false };
        self.remove(&name);
        true
    }

    fn insert(
        &mut self,
        name: Name,
        value: &[u8],
        now: Instant,
        ttl: Duration,
        spare: Option<Duration>,
    ) -> Result<(), Unavailable> {
        let bytes_of = |value: &[u8]| ENTRY_BYTES + value.len();
        let before = self.entries.get(&name);
        let (since, freed) = before.map_or((now, 0), |entry| (entry.since, bytes_of(&entry.value)));
        let bytes = bytes_of(value);
        // What is there goes only when there is room: a claim whose answer does not fit stays a claim.
        while self.bytes - freed + bytes > SPACE_BYTES {
            if !spare.is_some_and(|spare| self.forget_one(now, spare, &name)) {
                return Err(Unavailable);
            }
        }
        self.remove(&name);
        let until = now + ttl;
        self.entries.insert(name, Entry { value: value.into(), since, until });
        self.by_end.insert((until, name));
        self.bytes += bytes;
        Ok(())
    }
}

/// Spaces by name.
#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<HashMap<&'static str, Space>>);

impl MemoryStore {
    fn with<T>(&self, space: &'static str, work: impl FnOnce(&mut Space, Instant) -> T) -> T {
        let mut spaces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (space, now) = (spaces.entry(space).or_default(), Instant::now());
        space.drop_expired(now);
        work(space, now)
    }

    /// Says `full` for others: nobody else looks into the memory.
    fn refused(space: &'static str) -> impl FnOnce(Unavailable) -> Unavailable {
        move |unavailable| {
            veilpass_telemetry::alert("shared_memory_full", format_args!("{space}: full, the new is refused"));
            unavailable
        }
    }

    pub(crate) fn put_once(&self, space: &'static str, name: Name, ttl: Duration) -> Result<bool, Unavailable> {
        self.with(space, |entries, now| match entries.entries.contains_key(&name) {
            true => Ok(false),
            false => entries.insert(name, &[], now, ttl, None).map(|()| true),
        })
        .map_err(Self::refused(space))
    }

    pub(crate) fn put(&self, space: &'static str, name: Name, value: &[u8], ttl: Duration) -> Result<(), Unavailable> {
        self.with(space, |entries, now| entries.insert(name, value, now, ttl, None)).map_err(Self::refused(space))
    }

    pub(crate) fn take(&self, space: &'static str, name: &Name) -> Option<Vec<u8>> {
        self.with(space, |entries, _| entries.remove(name).map(Vec::from))
    }

    pub(crate) fn get(&self, space: &'static str, name: &Name) -> Option<Vec<u8>> {
        self.with(space, |entries, _| entries.entries.get(name).map(|entry| entry.value.to_vec()))
    }

    /// See [`crate::SharedState::claim`].
    pub(crate) fn claim(
        &self,
        space: &'static str,
        name: Name,
        value: &[u8],
        ttl: Duration,
        spare: Duration,
    ) -> Result<Claim, Unavailable> {
        self.with(space, |entries, now| match entries.entries.get(&name) {
            Some(entry) => Ok(Claim::Held(entry.value.to_vec())),
            None => entries.insert(name, value, now, ttl, Some(spare)).map(|()| Claim::Ours),
        })
        .map_err(Self::refused(space))
    }

    /// See [`crate::SharedState::replace`].
    pub(crate) fn replace(
        &self,
        space: &'static str,
        name: Name,
        from: &[u8],
        to: Option<(&[u8], Duration)>,
        spare: Duration,
    ) -> Result<bool, Unavailable> {
        self.with(space, |entries, now| {
            if entries.entries.get(&name).is_none_or(|entry| *entry.value != *from) {
                return Ok(false);
            }
            match to {
                Some((value, ttl)) => entries.insert(name, value, now, ttl, Some(spare)).map(|()| true),
                None => Ok(entries.remove(&name).is_some()),
            }
        })
        .map_err(Self::refused(space))
    }

    /// Frees what has expired in spaces that nobody uses.
    pub(crate) fn drop_expired(&self) {
        let mut spaces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        spaces.values_mut().for_each(|space| space.drop_expired(Instant::now()));
        spaces.retain(|_, space| !space.entries.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn name(number: usize) -> Name {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&number.to_le_bytes());
        name
    }

    #[test]
    fn what_is_full_refuses_the_new_and_forgets_nothing_that_was_spent() {
        let store = MemoryStore::default();
        let spent = (0..).take_while(|&n| store.put_once("full", name(n), HOUR) == Ok(true)).count();
        assert_eq!(spent, SPACE_BYTES / ENTRY_BYTES);
        for n in 0..spent {
            assert_eq!(store.put_once("full", name(n), HOUR), Ok(false), "{n} was spent");
        }
        assert_eq!(store.put_once("full", name(spent), HOUR), Err(Unavailable));
        assert_eq!(store.put_once("other", name(spent), HOUR), Ok(true), "each space has its own bound");
    }

    #[test]
    fn what_has_expired_makes_room() {
        let store = MemoryStore::default();
        let value = vec![0; SPACE_BYTES - ENTRY_BYTES];
        store.put("space", name(0), &value, Duration::ZERO).unwrap();
        assert_eq!(store.get("space", &name(0)), None);
        store.put("space", name(1), &value, HOUR).unwrap();
        assert_eq!(store.put("space", name(2), &[], HOUR), Err(Unavailable));
        assert_eq!(store.take("space", &name(1)), Some(value));
        assert_eq!(store.take("space", &name(1)), None, "taken once");
        store.put("space", name(2), &[1], HOUR).unwrap();
        store.put("space", name(2), &[2], HOUR).unwrap();
        assert_eq!(store.get("space", &name(2)), Some(vec![2]));
        store.drop_expired();
        store.take("space", &name(2));
        assert_eq!(store.0.lock().unwrap()["space"].bytes, 0);
    }

    #[test]
    fn records_make_room_for_others_once_they_are_old_enough() {
        let store = MemoryStore::default();
        let value = vec![0; SPACE_BYTES - ENTRY_BYTES];
        let claim = |n, spare| store.claim("records", name(n), &value, HOUR, spare);
        assert_eq!(claim(0, HOUR), Ok(Claim::Ours));
        assert_eq!(claim(0, HOUR), Ok(Claim::Held(value.clone())));
        assert_eq!(claim(1, HOUR), Err(Unavailable), "too young to be forgotten");
        assert_eq!(claim(1, Duration::ZERO), Ok(Claim::Ours));
        assert_eq!(store.get("records", &name(0)), None);
    }

    #[test]
    fn a_record_that_does_not_fit_leaves_what_it_would_replace() {
        let store = MemoryStore::default();
        let others = vec![0; SPACE_BYTES - 2 * ENTRY_BYTES - b"claim".len()];
        store.claim("records", name(0), b"claim", HOUR, HOUR).unwrap();
        store.claim("records", name(1), &others, HOUR, HOUR).unwrap();
        let settle = |spare| store.replace("records", name(0), b"claim", Some((&b"answer"[..], HOUR)), spare);
        assert_eq!(settle(HOUR), Err(Unavailable));
        assert_eq!(store.get("records", &name(0)), Some(b"claim".to_vec()), "nobody else can take its key");
        assert_eq!(settle(Duration::ZERO), Ok(true));
        assert_eq!(store.get("records", &name(0)), Some(b"answer".to_vec()));
        assert_eq!(store.get("records", &name(1)), None, "old enough to be forgotten");
    }

    #[test]
    fn a_record_is_replaced_only_by_whoever_wrote_it() {
        let store = MemoryStore::default();
        let replace = |from: &[u8], to| store.replace("records", name(0), from, to, HOUR);
        assert_eq!(replace(b"a", Some((b"b", HOUR))), Ok(false), "there is none");
        store.claim("records", name(0), b"a", HOUR, HOUR).unwrap();
        assert_eq!(replace(b"x", Some((b"b", HOUR))), Ok(false));
        assert_eq!(replace(b"x", None), Ok(false));
        assert_eq!(replace(b"a", Some((b"b", HOUR))), Ok(true));
        assert_eq!(store.get("records", &name(0)), Some(b"b".to_vec()));
        assert_eq!(replace(b"b", None), Ok(true));
        assert_eq!(store.get("records", &name(0)), None);
    }
}
