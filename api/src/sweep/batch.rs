//! Some enrolments at a time.

use uuid::Uuid;
use veilpass_protocol::OwnershipRecord;
use veilpass_siws::Address;
use veilpass_store::{EnrolmentToCheck, StoreError};

use super::{Sweep, SweepReport};
use crate::chain::{ChainError, Ownership, TokenAccount};

/// Why a sweep cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl Sweep {
    /// Looks at a batch. Every enrolment of it is looked at afterwards, or revoked, or counted as an error: the next batch has
    /// others.
    pub(super) async fn check(&self, batch: Vec<EnrolmentToCheck>) -> Result<SweepReport, BatchError> {
        let mut report = SweepReport { checked: batch.len() as u64, ..SweepReport::default() };
        let mut opened = Vec::with_capacity(batch.len());
        let mut unreadable = vec![];
        for enrolment in batch {
            match self.keys.sealer.open(enrolment.registry, enrolment.id.as_bytes(), &enrolment.ownership_record) {
                Ok(record) => opened.push((enrolment, record)),
                Err(error) => {
                    tracing::error!(enrolment = %enrolment.id, %error, "ownership record");
                    unreadable.push(enrolment.id);
                }
            }
        }
        let (held, slot, doubtful) = self.look_where_they_were(opened).await?;
        self.store.note_checked(&held, Some(slot)).await?;
        for (enrolment, record) in doubtful {
            match self.look_everywhere(&enrolment, &record).await {
                Ok(true) => report.revoked += 1,
                Ok(false) => {}
                // The others of the batch may be answered; this one comes again with the next sweep.
                Err(BatchError::Chain(_)) => unreadable.push(enrolment.id),
                Err(error) => return Err(error),
            }
        }
        report.errors = unreadable.len() as u64;
        self.store.note_checked(&unreadable, None).await?;
        Ok(report)
    }

    /// Those whose token is where it was, as of which slot, and the others.
    async fn look_where_they_were(
        &self,
        opened: Vec<(EnrolmentToCheck, OwnershipRecord)>,
    ) -> Result<(Vec<Uuid>, u64, Vec<(EnrolmentToCheck, OwnershipRecord)>), BatchError> {
        let known: Vec<Address> =
            opened.iter().filter_map(|(_, record)| record.known_account().copied().map(Address::new)).collect();
        let (slot, accounts) = if known.is_empty() { (0, vec![]) } else { self.chain.token_accounts(&known).await? };
        let mut accounts = accounts.into_iter();
        let (mut held, mut doubtful) = (vec![], vec![]);
        for (enrolment, record) in opened {
            let account: Option<TokenAccount> = record.known_account().and_then(|_| accounts.next().flatten());
            match account {
                Some(account) if account.holds(&record.mint, &record.wallet) => held.push(enrolment.id),
                _ => doubtful.push((enrolment, record)),
            }
        }
        Ok((held, slot, doubtful))
    }

    /// Asks for all token accounts of the wallet, and revokes if none has the token. Returns whether it did.
    async fn look_everywhere(
        &self,
        enrolment: &EnrolmentToCheck,
        record: &OwnershipRecord,
    ) -> Result<bool, BatchError> {
        let (wallet, mint) = (Address::new(record.wallet), Address::new(record.mint));
        match self.chain.ownership(&wallet, &mint).await? {
            Ownership::Held { slot, .. } | Ownership::Bound { slot, .. } => {
                self.store.note_checked(&[enrolment.id], Some(slot)).await?;
                Ok(false)
            }
            Ownership::NotHeld { slot } => {
                let revoked = self.store.revoke_sold(enrolment, slot).await?;
                if revoked {
                    tracing::info!(enrolment = %enrolment.id, "revoked: its token has moved");
                } else {
                    self.store.note_checked(&[enrolment.id], None).await?;
                }
                Ok(revoked)
            }
        }
    }
}
