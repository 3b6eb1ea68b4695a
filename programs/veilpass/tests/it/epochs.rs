//! Time: epochs, and the life of roots.

use bytemuck::Zeroable;
use veilpass_program::error::VeilpassError;
use veilpass_program::state::Registry;
use veilpass_protocol::{Epoch, EpochPolicy};

use crate::support::{Uploaded, assert_refused, ready};

#[test]
fn the_previous_epoch_is_accepted_within_its_grace() {
    let (mut deployment, mut maker, owner) = ready();
    let epoch = deployment.epoch();
    let end = (epoch.0 as i64 + 1) * 86_400;
    let submission = maker.submission(0, deployment.registry, epoch, 1).unwrap();
    let late = maker.submission(1, deployment.registry, epoch, 1).unwrap();
    let early = maker.submission(2, deployment.registry, Epoch(epoch.0 + 1), 1).unwrap();
    assert_refused(deployment.verify(&owner, &early), VeilpassError::StaleEpoch);
    deployment.runtime.set_time(end + 3_599);
    let another = deployment.runtime.funded();
    deployment.verify(&another, &submission).unwrap();
    deployment.runtime.set_time(end + 3_600);
    let other = deployment.runtime.funded();
    assert_refused(deployment.verify(&other, &late), VeilpassError::StaleEpoch);
}

#[test]
fn the_rule_of_epochs_is_the_protocols() {
    let mut registry = Registry::zeroed();
    for (length, grace) in [(1, 0), (100, 10), (86_400, 3_600), (7, 6)] {
        registry.epoch_length_seconds = length;
        registry.epoch_grace_seconds = grace;
        let policy = EpochPolicy { length_seconds: length, grace_seconds: grace };
        for now in (0..3 * length).step_by((length as usize / 50).max(1)).chain([1_800_000_000, 1_800_000_001]) {
            let current = now / length;
            for epoch in [current.saturating_sub(2), current.saturating_sub(1), current, current + 1, u64::MAX] {
                let accepted = registry.accepts_epoch(epoch, now as i64);
                assert_eq!(accepted, policy.accepts(Epoch(epoch), now), "{epoch} at {now}, {length} and {grace}");
                // What is over is never accepted again.
                if registry.is_epoch_over(epoch, now as i64) {
                    assert!((now..now + 3 * length).all(|later| !policy.accepts(Epoch(epoch), later)));
                }
            }
        }
    }
    assert!(!registry.accepts_epoch(0, -1) && !registry.is_epoch_over(0, -1));
}

#[test]
fn a_root_expires() {
    let mut uploaded = Uploaded::new();
    let root = uploaded.deployment.state().roots[1];
    // The epoch must be current for the root's age to be asked: prove for the day on which it ends.
    let epoch = Epoch(root.expires_at.unsigned_abs() / 86_400);
    let (_, mut maker, _) = ready();
    let submission = maker.submission(0, uploaded.deployment.registry, epoch, 1).unwrap();
    let owner = uploaded.deployment.runtime.funded();
    uploaded.deployment.runtime.set_time(root.expires_at);
    assert_refused(uploaded.deployment.verify(&owner, &submission), VeilpassError::RootExpired);
    uploaded.deployment.runtime.set_time(root.expires_at - 1);
    let other = uploaded.deployment.runtime.funded();
    uploaded.deployment.verify(&other, &submission).unwrap();
}
