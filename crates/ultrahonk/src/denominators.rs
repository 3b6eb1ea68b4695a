//! Every inverse that a verification needs, from one inversion.

use crate::backend::Scalar;
use crate::constants::{LIBRA_ROOT, element};
use crate::error::VerifyError;
use crate::transcript::Challenges;
use crate::vk::MAX_LOG_N;

/// Slots of Libra's domain that carry a coefficient: 1 for the constant, 9 for each round.
pub(crate) const fn libra_slots(log_n: usize) -> usize {
    1 + 9 * log_n
}

const SINGLE: usize = 4;
const CAPACITY: usize = SINGLE + 3 * MAX_LOG_N + libra_slots(MAX_LOG_N) + 1;

/// The inverses, in one array: four single ones, three for each round, one for each slot of Libra's domain that is used
/// and one for the domain's last slot.
pub(crate) struct Inverses<F> {
    log_n: usize,
    values: [F; CAPACITY],
}

impl<F: Scalar> Inverses<F> {
    /// Gathers the denominators and inverts them by Montgomery's trick. `delta` is the denominator of the public inputs'
    /// delta; `squares` are `r^(2^i)` for `i` in `0..log_n`.
    pub(crate) fn compute(
        challenges: &Challenges<F>,
        squares: &[F],
        delta: F,
        log_n: usize,
    ) -> Result<Self, VerifyError> {
        let (r, z) = (challenges.gemini_r, challenges.shplonk_z);
        let root: F = element(&LIBRA_ROOT);
        let mut values = [F::ONE; CAPACITY];
        values[..SINGLE].copy_from_slice(&[delta, r, z - root * r, z - F::ONE]);
        for (i, (square, u)) in squares.iter().zip(&challenges.rounds[..log_n]).enumerate() {
            values[SINGLE + i] = z - *square;
            values[SINGLE + log_n + i] = z + *square;
            values[SINGLE + 2 * log_n + i] = *square * (F::ONE - *u) + *u;
        }
        let slots = &mut values[SINGLE + 3 * log_n..][..libra_slots(log_n) + 1];
        let mut power = F::ONE;
        for slot in &mut slots[..libra_slots(log_n)] {
            *slot = r - power;
            power *= root;
        }
        slots[libra_slots(log_n)] = root * r - F::ONE;

        let used = SINGLE + 3 * log_n + libra_slots(log_n) + 1;
        invert_all(&mut values[..used])?;
        Ok(Self { log_n, values })
    }

    /// The inverse of the denominator of the public inputs' delta.
    pub(crate) fn delta(&self) -> F {
        self.values[0]
    }

    /// `1 / r`.
    pub(crate) fn r(&self) -> F {
        self.values[1]
    }

    /// `1 / (z - g r)`.
    pub(crate) fn z_minus_g_r(&self) -> F {
        self.values[2]
    }

    /// `1 / (z - 1)`.
    pub(crate) fn z_minus_one(&self) -> F {
        self.values[3]
    }

    /// `1 / (z - r^(2^i))`.
    pub(crate) fn z_minus_square(&self, i: usize) -> F {
        self.values[SINGLE + i]
    }

    /// `1 / (z + r^(2^i))`.
    pub(crate) fn z_plus_square(&self, i: usize) -> F {
        self.values[SINGLE + self.log_n + i]
    }

    /// `1 / (r^(2^i) (1 - u_i) + u_i)`.
    pub(crate) fn fold(&self, i: usize) -> F {
        self.values[SINGLE + 2 * self.log_n + i]
    }

    /// `1 / (r - g^k)` for the slots `k` that carry a coefficient.
    pub(crate) fn libra(&self) -> &[F] {
        &self.values[SINGLE + 3 * self.log_n..][..libra_slots(self.log_n)]
    }

    /// `1 / (g r - 1)`, for the last slot of Libra's domain: `g^-255 = g`.
    pub(crate) fn libra_last(&self) -> F {
        self.values[SINGLE + 3 * self.log_n + libra_slots(self.log_n)]
    }
}

/// Inverts every value: prefix products, one inversion of the last, and back. A value of 0 makes the whole product 0 and is
/// refused.
fn invert_all<F: Scalar>(values: &mut [F]) -> Result<(), VerifyError> {
    let mut prefixes = [F::ONE; CAPACITY];
    let mut product = F::ONE;
    for (prefix, value) in prefixes.iter_mut().zip(values.iter()) {
        *prefix = product;
        product *= *value;
    }
    let mut inverse = product.inverse().ok_or(VerifyError::ZeroDenominator)?;
    for (prefix, value) in prefixes.iter().zip(values.iter_mut()).rev() {
        let next = inverse * *value;
        *value = inverse * *prefix;
        inverse = next;
    }
    Ok(())
}

#[cfg(all(test, feature = "host"))]
mod tests {
    use ark_bn254::Fr;

    use super::*;
    use crate::opening::squares;

    #[test]
    fn one_inversion_serves_all() {
        let mut values: [Fr; 9] = core::array::from_fn(|i| Fr::from(3 * i as u64 + 2));
        let original = values;
        invert_all(&mut values).unwrap();
        for (value, inverse) in original.into_iter().zip(values) {
            assert_eq!(value * inverse, Fr::ONE);
        }
    }

    #[test]
    fn each_inverse_is_what_it_is_called() {
        let challenges = Challenges::distinct();
        let (r, z) = (challenges.gemini_r, challenges.shplonk_z);
        let (root, delta) = (element::<Fr>(&LIBRA_ROOT), Fr::from(11u64));
        for log_n in [4, 12, MAX_LOG_N] {
            let squares = squares(r, log_n);
            let inverses = Inverses::compute(&challenges, &squares[..log_n], delta, log_n).unwrap();
            assert_eq!(inverses.delta() * delta, Fr::ONE);
            assert_eq!(inverses.r() * r, Fr::ONE);
            assert_eq!(inverses.z_minus_g_r() * (z - root * r), Fr::ONE);
            assert_eq!(inverses.z_minus_one() * (z - Fr::ONE), Fr::ONE);
            for (i, (square, u)) in squares.into_iter().zip(challenges.rounds).enumerate().take(log_n) {
                assert_eq!(inverses.z_minus_square(i) * (z - square), Fr::ONE);
                assert_eq!(inverses.z_plus_square(i) * (z + square), Fr::ONE);
                assert_eq!(inverses.fold(i) * (square * (Fr::ONE - u) + u), Fr::ONE);
            }
            assert_eq!(inverses.libra().len(), 1 + 9 * log_n);
            let mut power = Fr::ONE;
            for inverse in inverses.libra() {
                assert_eq!(*inverse * (r - power), Fr::ONE);
                power *= root;
            }
            assert_eq!(inverses.libra_last() * (root * r - Fr::ONE), Fr::ONE);
        }
    }

    #[test]
    fn a_zero_anywhere_is_refused() {
        for at in 0..5 {
            let mut values = [Fr::from(7u64); 5];
            values[at] = Fr::ZERO;
            assert_eq!(invert_all(&mut values), Err(VerifyError::ZeroDenominator));
        }
    }
}
