//! A secret that a wallet can give again.

use sha2::{Digest, Sha512};
use veilpass_protocol::IdentitySecret;
use zeroize::Zeroizing;

/// What the wallet signs. It must never be signed for anything else.
const TEXT: &str = "Veilpass identity, version 1.\n\nSign this only where you want to listen. Whoever has this signature can \
                    prove that your tokens are theirs. This is no transaction and moves nothing.";

/// Why a wallet's signature makes no secret.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError<E> {
    /// The wallet did not sign.
    #[error("the wallet did not sign")]
    Wallet(#[source] E),
    /// It signed the same text twice differently. A secret from such a signature could never be made again.
    #[error(
        "this wallet signs the same text differently each time, so a secret made from it could not be recovered: keep a random secret instead"
    )]
    NotDeterministic,
}

/// The secret that a wallet's signature of a fixed text makes: the same on every device with the same wallet.
///
/// `sign` is asked twice, and the signatures must agree: hardware wallets, multi-party wallets and passkeys may sign with a fresh
/// nonce each time, and a secret from that would be lost with the device. The secret is SHA-512 of the signature under a domain,
/// with the two uppermost bits of its first half cleared, hashed again until it is below the modulus.
///
/// # Errors
/// If the wallet does not sign, or signs twice differently.
pub async fn recover_identity<E, F: Future<Output = Result<[u8; 64], E>>>(
    mut sign: impl FnMut(&'static str) -> F,
) -> Result<IdentitySecret, RecoveryError<E>> {
    let first = Zeroizing::new(sign(TEXT).await.map_err(RecoveryError::Wallet)?);
    let second = Zeroizing::new(sign(TEXT).await.map_err(RecoveryError::Wallet)?);
    if *first != *second {
        return Err(RecoveryError::NotDeterministic);
    }
    let mut seed = Zeroizing::new([0_u8; 64]);
    seed.copy_from_slice(first.as_slice());
    loop {
        let digest =
            Sha512::new().chain_update("veilpass.v1.identity-recovery").chain_update(seed.as_slice()).finalize();
        seed.copy_from_slice(&digest);
        let mut candidate = Zeroizing::new([0; 32]);
        candidate.copy_from_slice(&seed[..32]);
        candidate[0] &= 0x3f;
        if let Ok(secret) = IdentitySecret::from_be_bytes(&candidate) {
            return Ok(secret);
        }
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    #[tokio::test]
    async fn the_same_wallet_gives_the_same_secret() {
        let secret = async |key: [u8; 32]| {
            let key = SigningKey::from_bytes(&key);
            let signed = recover_identity(|text| std::future::ready(Ok::<_, ()>(key.sign(text.as_bytes()).to_bytes())));
            signed.await.unwrap().commitment().to_string()
        };
        assert_eq!(secret([1; 32]).await, secret([1; 32]).await);
        assert_ne!(secret([1; 32]).await, secret([2; 32]).await);
    }

    #[tokio::test]
    async fn a_wallet_that_signs_twice_differently_gives_none() {
        let mut calls = 0;
        let result = recover_identity(|_| {
            calls += 1;
            std::future::ready(Ok::<_, ()>([calls; 64]))
        });
        assert!(matches!(result.await, Err(RecoveryError::NotDeterministic)));
        let refusing = recover_identity(|_| std::future::ready(Err::<[u8; 64], _>("no")));
        assert!(matches!(refusing.await, Err(RecoveryError::Wallet("no"))));
    }
}
