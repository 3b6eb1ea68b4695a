// The running example of docs/protocol.md and docs/messages.md, whose values were computed from the text alone, by a
// program that shares no code with this one.
import { readFileSync } from 'node:fs';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base58 } from '@scure/base';
import { expect, test } from 'vitest';
import { LeafTree } from '../../src/leaves/tree.ts';
import { proverKeyId, sealWitness, suite } from '../../src/proofs/sealing.ts';
import { concat, fromHex, hex } from '../../src/protocol/bytes.ts';
import { fieldFromBigInt, fieldFromHex, fieldToHex } from '../../src/protocol/field.ts';
import { hashCommitment, hashLeaf, hashNode, hashNullifier, hashScope } from '../../src/protocol/hash.ts';
import { tokenIdOf } from '../../src/protocol/identifiers.ts';
import { publicInputBytes, statementBytes } from '../../src/protocol/statement.ts';
import { RECOVERY_TEXT, recoverSecret } from '../../src/recovery.ts';

const secret = fieldFromBigInt(0x0123456789abcdefn);
const tokenId = tokenIdOf(base58.encode(Uint8Array.from({ length: 32 }, (_, at) => at)));
const statement = {
  registry_id: '0x00f5d5142b9741fc24b04497f7a35e36863864a5cabdd9dd0be97038f0e6a538',
  track_id: '0x00a2f6a82df475cece609a2286d91822ce108eccd1f87d7334fa3b7712b8b911',
  epoch: 20833,
  nullifier: '0x18b0cdba934400153b21aff9480fa75b190d03c48f4d0c0835b265ceb3169486',
  context: '0x004cc1b104a853d958a5320cbcd18bd4edb387db919ef15d1f75605dfc089586',
};
const ROOT = '0x16d2e3576ec46c08305f6ad010d067f3245e101f7992422ea0f1d9e2ca4ff74a';

/** To the X25519 key of 32 bytes of 7, from the ephemeral key of 32 bytes of 9, with the leaf hint 2. */
const ENVELOPE =
  '57db4b359f23ae5e146e4e2512056704722506348c150c14753d0c933d04d421afb45d1a902039781da46f433f193357f5f1dba5be02c226' +
  '85e1e7aca371a6f7e4230ea1b4f8f66110cbce2d473b4f87bd3453b3a735f56b5d9ee0a851bc1aaa4351f2e9fcf7dd27a162a57a3aa8d4ec' +
  'fab34d3239';
const PROVER_KEY = '13be4feaeaf204c7fd3358fc9c00721881d174278128227ec674f37f7fe97b6d';

test('commitment, leaf, scope, nullifier, public inputs', () => {
  const commitment = hashCommitment(secret);
  expect(commitment).toBe('0x22c1976fc102641afcd476bd97791897cb017ae5ace08978285fea3f779ebf26');
  const leaf = hashLeaf(commitment, tokenId, statement.track_id);
  expect(leaf).toBe('0x17b70d3179bd07c5a2ecc816a63cf967c448f94b0dbe8b7f957adf29e271c1e2');
  const scope = hashScope(statement.registry_id, statement.track_id, statement.epoch);
  expect(scope).toBe('0x1d8c85660ea184c9ae0328227227f8a4efe90518e89b5d8d06063c4dea2e3921');
  expect(hashNullifier(secret, scope)).toBe(statement.nullifier);
  const inputs = publicInputBytes({ ...statement, merkle_root: ROOT });
  expect(hex(sha256(inputs))).toBe('273b2b1a0b35a2f84e5ca38888ec9275b95ad1a32c785bf450e968f3795a2670');
});

test('the root of three leaves, and the empty subtrees beside them', () => {
  const leaf = '0x17b70d3179bd07c5a2ecc816a63cf967c448f94b0dbe8b7f957adf29e271c1e2';
  const leaves = concat(fieldFromBigInt(5n), fieldFromBigInt(6n), fieldFromHex(leaf));
  const tree = new LeafTree(leaves, hashNode);
  expect(fieldToHex(tree.root)).toBe(ROOT);
  const { siblings } = tree.path(2);
  expect(siblings.length).toBe(32);
  expect(fieldToHex(siblings[0] as Uint8Array)).toBe(`0x${'0'.repeat(64)}`);
  const empty = siblings
    .slice(2)
    .reduce((node, _, height) => (height === 0 ? node : hashNode(node, node)), siblings[2] as Uint8Array);
  // E_2 doubled 29 times is E_31, the last sibling; E_32 is one more.
  expect(fieldToHex(siblings[31] as Uint8Array)).toBe(fieldToHex(empty));
  expect(fieldToHex(hashNode(empty, empty))).toBe('0x1e314dc44e5ff0d3e8902b641c613cb44128b0bf4e5e15ae6cb2948552be9f2a');
});

test('a secret out of a wallet, by the text that the Rust client has signed', async () => {
  const key = new Uint8Array(32).fill(1);
  const wallet = {
    address: base58.encode(ed25519.getPublicKey(key)),
    signMessage: async (message: Uint8Array) => ed25519.sign(message, key),
  };
  const recovered = await recoverSecret(wallet);
  expect(fieldToHex(recovered)).toBe('0x101ac9285377cf8ed8d05ff7aa9fcb9cc7dedb5fdffcb78d9c3d7b4ed1d01808');
  const rust = readFileSync(new URL('../../../crates/client/src/identity.rs', import.meta.url), 'utf8');
  const text = /TEXT: &str = "([^;]*)";/.exec(rust)?.[1];
  expect(RECOVERY_TEXT).toBe(text?.replace(/\\\n\s*/g, '').replaceAll('\\n', '\n'));
});

test('an envelope that another implementation sealed is opened', async () => {
  expect(proverKeyId(fromHex(PROVER_KEY, 32))).toBe('290372a8fab14b431f8fe9faef4ec325');
  const envelope = fromHex(ENVELOPE, 117);
  const plaintext = await open(envelope, statementBytes(statement));
  const expected = concat(Uint8Array.of(1), secret, fieldFromHex(tokenId), Uint8Array.of(0, 0, 0, 2));
  expect(plaintext).toEqual(expected);
});

test('what is sealed here is opened by the key, for this statement, with no byte changed', async () => {
  const witness = { secret, tokenId, leafIndexHint: 0x01020304 };
  const envelope = await sealWitness(PROVER_KEY, statement, witness);
  expect(envelope.length).toBe(117);
  expect(envelope).not.toEqual(await sealWitness(PROVER_KEY, statement, witness));
  const aad = statementBytes(statement);
  const plaintext = await open(envelope, aad);
  expect(plaintext).toEqual(concat(Uint8Array.of(1), secret, fieldFromHex(tokenId), Uint8Array.of(1, 2, 3, 4)));
  await expect(open(envelope, statementBytes({ ...statement, epoch: 20834 }))).rejects.toThrow();
  for (let at = 0; at < envelope.length; at++) {
    const changed = envelope.slice();
    changed[at] = (changed[at] as number) ^ 1;
    await expect(open(changed, aad), `byte ${at}`).rejects.toThrow();
  }
});

test('a key that is none is refused', async () => {
  const witness = { secret, tokenId, leafIndexHint: 0 };
  // The point of order 1, and one of order 8: X25519 maps them to zero.
  const small = ['00'.repeat(32), 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'];
  for (const key of [...small, 'zz', PROVER_KEY.slice(2)]) {
    await expect(sealWitness(key, statement, witness), key).rejects.toThrow();
  }
});

async function open(envelope: Uint8Array<ArrayBuffer>, aad: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const hpke = suite();
  const recipientKey = await hpke.kem.importKey('raw', new Uint8Array(32).fill(7).buffer, false);
  const info = new TextEncoder().encode('veilpass.v1.witness');
  const enc = envelope.slice(0, 32);
  return new Uint8Array(await hpke.open({ recipientKey, enc, info }, envelope.slice(32), aad));
}
