/** What a proof is bound to: one session, one audience, one program. Whoever steals a proof can use it nowhere else. */

import { CryptoError } from '../errors.js';
import type { ContextPreimage, FieldHex } from '../types.js';
import { bigEndian, fromHex, utf8 } from './bytes.js';
import { sha256To248 } from './identifiers.js';

const MAX_TEXT_BYTES = 256;

/**
 * 248 bits of SHA-256 under `veilpass.v1.context` of audience, session public key (32 bytes), expiry (u64, big-endian),
 * program id and cluster, each part preceded by its length.
 */
export function contextOf(preimage: ContextPreimage): FieldHex {
  const text = (value: string, what: string) => {
    const bytes = utf8(value);
    if (bytes.length > MAX_TEXT_BYTES)
      throw new CryptoError('too-long', `${what} has more than ${MAX_TEXT_BYTES} bytes`);
    return bytes;
  };
  const { expires_at } = preimage;
  if (!Number.isSafeInteger(expires_at) || expires_at < 0)
    throw new CryptoError('not-canonical', 'the expiry is no time');
  return sha256To248(
    'veilpass.v1.context',
    text(preimage.audience, 'the audience'),
    fromHex(preimage.session_public_key, 32),
    bigEndian(expires_at, 8),
    text(preimage.program_id, 'the program id'),
    text(preimage.cluster, 'the cluster'),
  );
}

/**
 * What a session key signs to ask for a grant: three lines, joined by line feeds, without one at the end.
 * @param issuedAt seconds since 1970
 */
export function grantRequestText(verificationId: string, issuedAt: number): string {
  return `veilpass.v1.grant-request\n${verificationId}\n${issuedAt}`;
}
