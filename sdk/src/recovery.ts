/** A secret that a wallet can give again: the same text and derivation as `crates/client/src/identity.rs`. */

import { sha512 } from '@noble/hashes/sha2.js';
import { AbortError, WalletError } from './errors.js';
import { type Bytes, concat, equalBytes, utf8 } from './protocol/bytes.js';
import { FIELD_BYTES, isField } from './protocol/field.js';
import type { MessageSigner } from './wallets/signer.js';
import { signChecked } from './wallets/verify.js';

/** What the wallet signs. It must never be signed for anything else. */
export const RECOVERY_TEXT =
  'Veilpass identity, version 1.\n\nSign this only where you want to listen. Whoever has this signature can prove ' +
  'that your tokens are theirs. This is no transaction and moves nothing.';

const DOMAIN = utf8('veilpass.v1.identity-recovery');

/**
 * SHA-512 of the signature under a domain, two bits cleared in its first half, hashed again until that is below the
 * modulus.
 */
export async function recoverSecret(wallet: MessageSigner, signal?: AbortSignal): Promise<Bytes> {
  const signed = async () => {
    if (signal?.aborted) throw new AbortError({ cause: signal.reason });
    return signChecked(wallet, utf8(RECOVERY_TEXT));
  };
  const first = await signed();
  const second = await signed();
  if (!equalBytes(first, second)) {
    throw new WalletError('not-deterministic', 'this wallet signs the same text differently each time');
  }
  second.fill(0);
  let seed: Uint8Array = first;
  for (;;) {
    const digest = sha512(concat(DOMAIN, seed));
    seed.fill(0);
    seed = digest;
    const candidate = new Uint8Array(digest.subarray(0, FIELD_BYTES));
    candidate[0] = (candidate[0] as number) & 0x3f;
    if (isField(candidate)) {
      seed.fill(0);
      return candidate;
    }
    candidate.fill(0);
  }
}
