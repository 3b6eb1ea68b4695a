// The protocol's vectors: computed in Noir, and held by the Rust definition too.
import { readFileSync } from 'node:fs';
import { base58 } from '@scure/base';
import { permute } from '@zkpassport/poseidon2';
import { describe, expect, test } from 'vitest';
import { contextOf, grantRequestText } from '../../src/protocol/context.ts';
import { fieldFromHex, fieldToHex } from '../../src/protocol/field.ts';
import { hashCommitment, hashLeaf, hashNode, hashNullifier, hashScope } from '../../src/protocol/hash.ts';
import { addressBytes, registryIdOf, sha256To248, tokenIdOf, trackIdOf } from '../../src/protocol/identifiers.ts';

const file = JSON.parse(readFileSync(new URL('../../../circuits/ownership/vectors.json', import.meta.url), 'utf8'));

interface Vector {
  readonly name: string;
  readonly input: { leaf_index_bits: boolean[]; siblings: string[] } & Record<Input, string>;
  readonly output: { permutation_of_0_1_2_3: string[] } & Record<Output, string>;
}
type Input = 'registry_id' | 'track_id' | 'epoch' | 'identity_secret' | 'token_id';
type Output = 'commitment' | 'leaf' | 'node_of_commitment_and_leaf' | 'scope' | 'nullifier' | 'merkle_root';

describe.each(file.vectors as Vector[])('$name', ({ input, output }) => {
  const secret = fieldFromHex(input.identity_secret);

  test('permutation', () => {
    const words = permute([0n, 1n, 2n, 3n]).map((word) => `0x${word.toString(16).padStart(64, '0')}`);
    expect(words).toEqual(output.permutation_of_0_1_2_3);
  });

  test('commitment, leaf, node', () => {
    expect(hashCommitment(secret)).toBe(output.commitment);
    expect(hashLeaf(output.commitment, input.token_id, input.track_id)).toBe(output.leaf);
    const node = hashNode(fieldFromHex(output.commitment), fieldFromHex(output.leaf));
    expect(fieldToHex(node)).toBe(output.node_of_commitment_and_leaf);
  });

  test('scope and nullifier', () => {
    const epoch = BigInt(input.epoch);
    // In JSON an epoch is a number; those of the vectors that are larger can be no epoch of a registry.
    if (epoch <= BigInt(Number.MAX_SAFE_INTEGER)) {
      expect(hashScope(input.registry_id, input.track_id, Number(epoch))).toBe(output.scope);
    } else expect(() => hashScope(input.registry_id, input.track_id, Number(epoch))).toThrow(RangeError);
    expect(hashNullifier(secret, output.scope)).toBe(output.nullifier);
  });

  test('root', () => {
    const { leaf_index_bits: bits, siblings } = input;
    const root = siblings.reduce((node, sibling, level) => {
      const other = fieldFromHex(sibling);
      return bits[level] ? hashNode(other, node) : hashNode(node, other);
    }, fieldFromHex(output.leaf));
    expect(fieldToHex(root)).toBe(output.merkle_root);
  });
});

describe('identifiers', () => {
  const { identifiers } = file;
  const address = base58.encode(Buffer.from(identifiers.address, 'hex'));

  test('registry, token, track', () => {
    expect(registryIdOf(address)).toBe(identifiers.registry_id);
    expect(tokenIdOf(address)).toBe(identifiers.token_id);
    expect(trackIdOf(identifiers.track_slug)).toBe(identifiers.track_id);
  });

  test('context', () => {
    expect(contextOf(identifiers.session)).toBe(identifiers.context);
    for (const change of [
      { audience: 'https://listen.example.org' },
      { session_public_key: '02'.repeat(32) },
      { expires_at: identifiers.session.expires_at + 1 },
      { program_id: '11111111111111111111111111111112' },
      { cluster: 'mainnet-beta' },
    ]) {
      expect(contextOf({ ...identifiers.session, ...change })).not.toBe(identifiers.context);
    }
  });

  test('parts are framed', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(sha256To248('d', bytes('ab'), bytes('c'))).not.toBe(sha256To248('d', bytes('a'), bytes('bc')));
    expect(sha256To248('d', bytes('ab'))).not.toBe(sha256To248('da', bytes('b')));
  });

  test('addresses are base58 of 32 bytes', () => {
    expect(addressBytes('11111111111111111111111111111111')).toEqual(new Uint8Array(32));
    for (const text of ['', '1', '1'.repeat(31), '1'.repeat(33), '0'.repeat(32), `${address} `, 'l'.repeat(44)]) {
      expect(() => addressBytes(text)).toThrow('base58');
    }
  });

  test('grant request', () => {
    expect(grantRequestText('67e55044-10b1-426f-9247-bb680e5fe0c8', 1_800_000_000)).toBe(
      'veilpass.v1.grant-request\n67e55044-10b1-426f-9247-bb680e5fe0c8\n1800000000',
    );
  });
});
