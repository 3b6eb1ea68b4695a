import { ed25519 } from '@noble/curves/ed25519.js';
import { WalletError } from '../errors.js';
import type { Bytes } from '../protocol/bytes.js';
import { addressBytes } from '../protocol/identifiers.js';
import type { MessageSigner } from './signer.js';

/**
 * Has a text signed, and checks the signature here: a wallet that signs something else (a prefix before it, another
 * account) is told from one that works before anything is sent.
 */
export async function signChecked(wallet: MessageSigner, message: Bytes): Promise<Bytes> {
  const key = addressBytes(wallet.address, "the wallet's address");
  // A copy: what the wallet does with it is its own.
  const signature = new Uint8Array(await wallet.signMessage(new Uint8Array(message)));
  if (signature.length !== 64) throw new WalletError('unsupported', 'the wallet did not answer an Ed25519 signature');
  // Strict, as the API checks: RFC 8032, no cofactor.
  if (!ed25519.verify(signature, message, key, { zip215: false })) {
    throw new WalletError('wrong-account', "the signature is not this account's signature of the text");
  }
  return signature;
}
