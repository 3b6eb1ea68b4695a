//! Changes of the tree, and which of them each root includes.

#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// Of each change, whether it is a revocation.
    changes: Vec<bool>,
    /// Of each root, how many changes it includes.
    roots: Vec<usize>,
}

impl Default for Tree {
    /// One enrolment, and its root.
    fn default() -> Self {
        Self { changes: vec![false], roots: vec![1] }
    }
}

impl Tree {
    /// An enrolment, perhaps its revocation, and the next root.
    pub(crate) fn grow(&mut self, revokes: bool) {
        self.changes.push(false);
        if revokes {
            self.changes.push(true);
        }
        self.roots.push(self.changes.len());
    }

    pub(crate) fn changes(&self) -> usize {
        self.changes.len()
    }

    /// How many changes the roots before one include, those that failed apart.
    pub(crate) fn included_before(&self, root: u64, has_failed: impl Fn(u64) -> bool) -> usize {
        let counts = (1..root).rev().find(|earlier| !has_failed(*earlier));
        counts.map_or(0, |earlier| self.includes(earlier))
    }

    /// Whether a root includes a revocation that no root before it does.
    pub(crate) fn revokes(&self, root: u64, has_failed: impl Fn(u64) -> bool) -> bool {
        self.changes[self.included_before(root, has_failed)..self.includes(root)].contains(&true)
    }

    fn includes(&self, root: u64) -> usize {
        self.roots[root as usize - 1]
    }
}
