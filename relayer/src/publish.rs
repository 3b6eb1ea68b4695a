//! Publishing a root: the registry's account says what is left to do.

use veilpass_chain::{Format, Registry, publish_root, registry_address};
use veilpass_protocol::{MerkleRoot, RegistryId};
use veilpass_store::ChainStep;

use crate::{
    plan::Plan,
    relayer::Relayer,
    sender::Outgoing,
    trouble::Trouble,
    verdict::{CLUSTER, OPERATOR, Verdict},
    view::Certainty,
};

/// A root that is to be published.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Publication {
    pub(crate) registry: RegistryId,
    pub(crate) root_seq: u64,
    pub(crate) root: MerkleRoot,
    pub(crate) revoke_earlier: bool,
    /// Whether it was seen there before.
    pub(crate) is_confirmed: bool,
}

impl Relayer {
    pub(crate) async fn plan_publication(&self, wanted: &Publication, certainty: Certainty) -> Result<Plan, Trouble> {
        let address = registry_address(wanted.registry);
        let [account] = self.view().accounts([address], certainty).await?;
        let Some(registry) = account.as_ref().and_then(|account| account.read::<Registry>()) else {
            return Ok(Plan::Wait {
                after: OPERATOR,
                words: Some(format!("the registry {address} is not on the chain: initialize it")),
            });
        };
        if registry.sequence < wanted.root_seq {
            if registry.sequence + 1 < wanted.root_seq {
                // Roots before this one are on their way.
                return Ok(Plan::Wait { after: CLUSTER / 4, words: None });
            }
            let payer = self.fee_payer.address();
            if registry.publisher != payer {
                let words = format!(
                    "the registry's publisher is {}, not this relayer's {payer}: see set_publisher",
                    registry.publisher
                );
                return Ok(Plan::Wait { after: OPERATOR, words: Some(words) });
            }
            let instruction =
                publish_root(payer, wanted.registry, registry.sequence, wanted.root, wanted.revoke_earlier);
            return Ok(Plan::Send(vec![Outgoing::new(ChainStep::PublishRoot, Format::Legacy, vec![instruction])]));
        }
        let entry = &registry.roots[(wanted.root_seq % registry.roots.len() as u64) as usize];
        if entry.sequence != wanted.root_seq {
            // Left the ring since. If it was seen there, it is done.
            return Ok(if wanted.is_confirmed {
                Plan::Done
            } else {
                Plan::Refused(Verdict::Refused {
                    code: None,
                    words: format!("root {} was published and forgotten before it could be compared", wanted.root_seq),
                })
            });
        }
        if entry.root != wanted.root.to_be_bytes() {
            let words = format!("the chain has another root of number {}: audit the registry", wanted.root_seq);
            return Ok(Plan::Refused(Verdict::Refused { code: None, words }));
        }
        Ok(Plan::Done)
    }
}
