//! What may be done, dealt like cards, so that even a short run has some of everything.

use rand::{Rng, seq::SliceRandom};

/// Shuffled anew whenever it is empty.
pub(crate) struct Deck<C: 'static> {
    cards: &'static [C],
    left: Vec<C>,
}

impl<C: Copy> Deck<C> {
    pub(crate) fn new(cards: &'static [C]) -> Self {
        Self { cards, left: vec![] }
    }

    pub(crate) fn deal(&mut self, random: &mut impl Rng) -> C {
        if self.left.is_empty() {
            self.left = self.cards.to_vec();
            self.left.shuffle(random);
        }
        self.left.pop().unwrap()
    }
}
