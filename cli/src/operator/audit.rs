//! Whether a registry's tree and roots are the same everywhere.

use std::{collections::BTreeMap, time::Duration};

use comfy_table::{Table, presets::UTF8_BORDERS_ONLY};
use serde::Serialize;
use veilpass_chain::registry_address;
use veilpass_merkle::MerkleTree;
use veilpass_protocol::{FieldElement, MerkleRoot, RegistryId};
use veilpass_store::{PublishedRoot, Registry, Store};

use super::rpc::ChainRpc;

/// Roots that are compared: as many as the program remembers.
const NEWEST: u32 = 64;
/// Leaves read at once.
const PAGE: u32 = 50_000;
/// How often the leaves are read, if they change meanwhile.
const ATTEMPTS: u32 = 5;
/// What provers said in this time counts: they report more often.
const REPORTS: Duration = Duration::from_secs(120);

/// What was compared, and how that came out.
#[derive(Debug, Clone, Serialize)]
pub struct AuditFinding {
    /// Short name of the registry.
    pub registry: String,
    /// Who was looked at.
    pub subject: String,
    /// Whether it agrees with the log of changes.
    pub agrees: bool,
    /// What was seen.
    pub detail: String,
}

/// All findings of a registry.
#[derive(Debug, Clone)]
pub struct Audit {
    /// In the order in which they were made.
    pub findings: Vec<AuditFinding>,
}

impl Audit {
    /// Whether all agree.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|finding| finding.agrees)
    }

    /// Shows the findings: a table, or JSON lines.
    pub fn print(&self, json: bool) {
        if json {
            for finding in &self.findings {
                println!("{}", serde_json::json!(finding));
            }
            return;
        }
        let mut table = Table::new();
        table.load_preset(UTF8_BORDERS_ONLY).set_header(["registry", "who", "agrees", ""]);
        for finding in &self.findings {
            let agrees = if finding.agrees { "yes" } else { "NO" };
            table.add_row([&finding.registry, &finding.subject, agrees, &finding.detail]);
        }
        println!("{table}");
    }
}

/// Computes the tree from the log of changes, and compares with it: the roots that were recorded, the leaves, each prover's
/// tree, the events that the indexer saw and, if `chain` is given, the registry's account.
pub async fn audit(store: &Store, chain: Option<&ChainRpc>, registry: &Registry) -> anyhow::Result<Audit> {
    let mut auditor = Auditor { registry, findings: vec![] };
    let mut roots = store.roots(registry.id, NEWEST).await?;
    roots.reverse();
    auditor.database(store, &roots).await?;
    let by_seq: BTreeMap<u64, PublishedRoot> = roots.iter().map(|root| (root.seq, *root)).collect();
    for tree in store.prover_trees(registry.id, REPORTS).await? {
        let report = tree.report;
        let expected = by_seq.get(&report.root_seq).map(|root| root.root);
        auditor.compare(format!("prover {}", tree.prover), report.root_seq, report.root, expected);
    }
    if registry.anchored {
        let seen = store.chain_roots(&registry.program_id, registry.id, NEWEST).await?;
        let (count, wrong) = mismatches(seen.iter().map(|root| (root.sequence, root.root)), &by_seq);
        auditor.note("indexer", wrong.is_empty(), format!("{count} roots of the chain{}", said(&wrong)));
        if let Some(chain) = chain {
            auditor.chain(chain, &by_seq).await?;
        }
    }
    Ok(Audit { findings: auditor.findings })
}

struct Auditor<'a> {
    registry: &'a Registry,
    findings: Vec<AuditFinding>,
}

impl Auditor<'_> {
    fn note(&mut self, subject: impl Into<String>, agrees: bool, detail: String) {
        let registry = self.registry.slug.clone();
        self.findings.push(AuditFinding { registry, subject: subject.into(), agrees, detail });
    }

    fn compare(&mut self, subject: String, seq: u64, root: MerkleRoot, expected: Option<MerkleRoot>) {
        let detail = match expected {
            Some(expected) if expected == root => format!("root {seq} = {root}"),
            Some(expected) => format!("root {seq} is {root}, but the log gives {expected}"),
            None => format!("root {seq} is not among the newest {NEWEST} of the database"),
        };
        self.note(subject, expected == Some(root), detail);
    }

    /// The roots and the leaves of the database against its log of changes.
    async fn database(&mut self, store: &Store, roots: &[PublishedRoot]) -> anyhow::Result<()> {
        let id = self.registry.id;
        let (mut tree, mut change_seq, mut wrong) = (MerkleTree::new(), 0, vec![]);
        for root in roots {
            store.follow_tree(id, &mut tree, &mut change_seq, root.change_seq).await?;
            if tree.root() != root.root {
                wrong.push(root.seq);
            }
        }
        self.note(
            "database: roots",
            wrong.is_empty(),
            format!("{} roots, {change_seq} changes{}", roots.len(), said(&wrong)),
        );
        for _ in 0..ATTEMPTS {
            let before = change_number(store, id).await?;
            let mut leaves = MerkleTree::new();
            loop {
                let page = store.leaves(id, leaves.len(), PAGE).await?;
                if page.is_empty() {
                    break;
                }
                tokio::task::block_in_place(|| leaves.apply(&page))?;
            }
            // What was enrolled while the leaves were read may be among them or not.
            if change_number(store, id).await? == before {
                store.follow_tree(id, &mut tree, &mut change_seq, before).await?;
                let same = leaves.root() == tree.root();
                self.note("database: leaves", same, format!("{} places hash to {}", leaves.len(), leaves.root()));
                return Ok(());
            }
        }
        self.note("database: leaves", false, "they change faster than they can be read: try again".into());
        Ok(())
    }

    /// The ring of the registry's account.
    async fn chain(&mut self, chain: &ChainRpc, by_seq: &BTreeMap<u64, PublishedRoot>) -> anyhow::Result<()> {
        let address = registry_address(self.registry.id);
        let Some(account) = chain.read::<veilpass_chain::Registry>(&address).await? else {
            self.note("chain", false, format!("there is no registry at {address}"));
            return Ok(());
        };
        let ring = account.roots.iter().filter(|entry| entry.sequence > 0);
        let ring = ring.filter_map(|entry| {
            let root = FieldElement::from_be_bytes(&entry.root).ok()?;
            Some((entry.sequence, MerkleRoot::new(root)))
        });
        let (count, wrong) = mismatches(ring, by_seq);
        let newest = format!("newest {} of {count} roots", account.sequence);
        self.note("chain: roots", wrong.is_empty(), format!("{newest}{}", said(&wrong)));
        let (there, here) = (account.min_root_sequence, self.registry.min_root_seq);
        self.note("chain: revocation", there == here, format!("roots before {there} are revoked; here before {here}"));
        Ok(())
    }
}

async fn change_number(store: &Store, registry: RegistryId) -> anyhow::Result<u64> {
    Ok(store.registry(registry).await?.map_or(0, |registry| registry.change_seq))
}

/// How many roots were compared, and the numbers of those that are others than the database has.
fn mismatches(
    seen: impl Iterator<Item = (u64, MerkleRoot)>,
    by_seq: &BTreeMap<u64, PublishedRoot>,
) -> (usize, Vec<u64>) {
    let oldest = by_seq.keys().next().copied().unwrap_or(0);
    let seen: Vec<_> = seen.filter(|(seq, _)| *seq >= oldest).collect();
    let differs = |(seq, root): &&(u64, MerkleRoot)| by_seq.get(seq).map(|known| known.root) != Some(*root);
    (seen.len(), seen.iter().filter(differs).map(|(seq, _)| *seq).collect())
}

fn said(wrong: &[u64]) -> String {
    if wrong.is_empty() { String::new() } else { format!("; wrong: {wrong:?}") }
}
