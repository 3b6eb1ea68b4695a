/**
 * The text that a wallet signs to enrol: a Sign In With Solana message in exactly one form (`crates/siws`). The API
 * writes it, and it is signed only if it is, byte for byte, what is expected here: a page must not get a signature for
 * anything else.
 */

import { ChallengeMismatchError } from '../errors.js';
import type { AddressBase58, FieldHex } from '../types.js';
import { fieldFromHex } from './field.js';

/** What a text must say. */
export interface EnrolmentTerms {
  /** The frontend's origin. */
  readonly audience: string;
  readonly wallet: AddressBase58;
  /** As registries name it. */
  readonly cluster: string;
  readonly programId: AddressBase58;
  readonly registryId: FieldHex;
  readonly mint: AddressBase58;
  readonly trackId: FieldHex;
  readonly commitment: FieldHex;
}

const STATEMENT =
  'Enrol this token so that I can prove privately that I own it. This is no transaction and moves nothing.';
const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ';
const MAX_LIFETIME_MS = 15 * 60 * 1000;

/** The canonical text of these terms, with the parts that the API chooses. */
export function enrolmentText(terms: EnrolmentTerms, nonce: string, issuedAt: string, expiresAt: string): string {
  const digits = (element: FieldHex, what: string) => {
    fieldFromHex(element, what);
    return element.slice(2);
  };
  return [
    `${terms.audience.split('://')[1] ?? ''} wants you to sign in with your Solana account:`,
    terms.wallet,
    '',
    STATEMENT,
    '',
    `URI: ${terms.audience}`,
    'Version: 1',
    `Chain ID: ${terms.cluster === 'mainnet-beta' ? 'mainnet' : terms.cluster}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt}`,
    `Expiration Time: ${expiresAt}`,
    'Resources:',
    `- urn:veilpass:program:${terms.programId}`,
    `- urn:veilpass:registry:${digits(terms.registryId, 'the registry id')}`,
    `- urn:veilpass:mint:${terms.mint}`,
    `- urn:veilpass:track:${digits(terms.trackId, 'the track id')}`,
    `- urn:veilpass:commitment:${digits(terms.commitment, 'the commitment')}`,
  ].join('\n');
}

/** Throws unless `message` says what was asked for, and nothing else. */
export function checkEnrolmentText(message: string, terms: EnrolmentTerms): void {
  const nonce = /^Nonce: ([0-9a-f]{32})$/m.exec(message)?.[1];
  const issued = new RegExp(`^Issued At: (${TIME})$`, 'm').exec(message)?.[1];
  const expires = new RegExp(`^Expiration Time: (${TIME})$`, 'm').exec(message)?.[1];
  if (!nonce || !issued || !expires) throw new ChallengeMismatchError('the text to sign lacks its nonce or its times');
  if (message !== enrolmentText(terms, nonce, issued, expires)) {
    throw new ChallengeMismatchError('the text to sign is about something else than what was asked for');
  }
  const lifetime = Date.parse(expires) - Date.parse(issued);
  // A time such as 25:61 is no number, and fails here too.
  if (!(lifetime > 0 && lifetime <= MAX_LIFETIME_MS)) {
    throw new ChallengeMismatchError('the text to sign would count for too long');
  }
}
