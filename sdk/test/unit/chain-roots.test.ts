// Whether a root is the chain's: the account's address and bytes, and what is believed of a node.

import { expect, test } from 'vitest';
import { ChainRoots } from '../../src/chain/chain-roots.ts';
import { registryAddress } from '../../src/chain/program-address.ts';
import { ConnectionError, LeavesError } from '../../src/errors.ts';
import { PROGRAM_ADDRESS } from '../../src/generated/program.ts';
import { toBase64 } from '../../src/protocol/bytes.ts';
import { fieldFromHex } from '../../src/protocol/field.ts';
import { json, serve } from './server.ts';

const REGISTRY = `0x${'0'.repeat(63)}1`;
const root = (number: number) => `0x${number.toString(16).padStart(64, '0')}`;

/** An account with these roots, at the places of their numbers. */
function account(roots: readonly { sequence: number; root: string }[], least = 0): Uint8Array {
  const bytes = new Uint8Array(3768);
  const view = new DataView(bytes.buffer);
  bytes.set([0x2f, 0xae, 0x6e, 0xf6, 0xb8, 0xb6, 0xfc, 0xda]);
  bytes.set(fieldFromHex(REGISTRY, 'the registry'), 104);
  view.setBigUint64(168, BigInt(least), true);
  for (const entry of roots) {
    const at = 184 + (entry.sequence % 64) * 56;
    bytes.set(fieldFromHex(entry.root, 'a root'), at);
    view.setBigUint64(at + 32, BigInt(entry.sequence), true);
    view.setBigInt64(at + 48, 4_000_000_000n, true);
  }
  return bytes;
}

async function node(value: () => unknown) {
  const { url, seen } = await serve((_, response) =>
    json(response, 200, { jsonrpc: '2.0', id: 1, result: { value: value() } }),
  );
  return { chain: new ChainRoots({ rpc: url, programId: PROGRAM_ADDRESS, registryId: REGISTRY }), seen };
}

const told = (bytes: Uint8Array, owner: string = PROGRAM_ADDRESS) => ({ owner, data: [toBase64(bytes), 'base64'] });

test('the address of a registry is the one that no key has', () => {
  // Computed by the definition of Ed25519 and of program addresses alone.
  expect(registryAddress(REGISTRY, PROGRAM_ADDRESS)).toBe('75SHCX54vsYsEYQq99Bm1LYNkQ2Jmc16xWgDSWys5UfQ');
  const other = '0x00c75c791e2b431e7bd5902e38c0f18ede2f40ba74ec61b71defd79651f08f22';
  expect(registryAddress(other, PROGRAM_ADDRESS)).toBe('Bi9YFQUbLZbbu1bKsAGGmegb5tDcgtn1grY3D1Aro5hE');
});

test("a root of the ring is the chain's, and is asked for once", async () => {
  const { chain, seen } = await node(() => told(account([{ sequence: 3, root: root(7) }])));
  const stages: string[] = [];
  await chain.expect(root(7), { onProgress: ({ stage, place }) => stages.push(`${place}:${stage}`) });
  await chain.expect(root(7), {});
  expect(seen.length).toBe(1);
  expect(stages).toEqual(['chain:root']);
  const { method, params } = JSON.parse(seen[0]?.body ?? '');
  expect([method, params[0]]).toEqual(['getAccountInfo', registryAddress(REGISTRY, PROGRAM_ADDRESS)]);
});

test('a node that is behind is asked again', async () => {
  let asked = 0;
  const { chain } = await node(() => told(account([{ sequence: ++asked, root: root(asked) }])));
  await chain.expect(root(2), {});
  expect(asked).toBe(2);
});

test('an abort ends the wait', async () => {
  const { chain } = await node(() => told(account([])));
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  await expect(chain.expect(root(9), { signal: controller.signal })).rejects.toThrow(/abort/i);
});

test('revoked roots, empty places, and accounts of others are no proof of a root', async () => {
  const never = (value: () => unknown, wanted: string) => {
    const controller = new AbortController();
    return node(value).then(({ chain }) => {
      // Long before it gives up by itself.
      setTimeout(() => controller.abort(), 200);
      return chain.expect(wanted, { signal: controller.signal });
    });
  };
  await expect(never(() => told(account([{ sequence: 3, root: root(7) }], 4)), root(7))).rejects.toThrow(/abort/i);
  await expect(never(() => told(account([])), root(0))).rejects.toThrow(/abort/i);
  for (const wrong of [
    null,
    told(account([{ sequence: 1, root: root(7) }]), '11111111111111111111111111111111'),
    told(account([{ sequence: 1, root: root(7) }]).subarray(1)),
    told(account([{ sequence: 1, root: root(7) }]).fill(0, 0, 8)),
    told(account([{ sequence: 1, root: root(7) }]).fill(1, 104, 136)),
    { owner: PROGRAM_ADDRESS, data: ['not base64', 'base64'] },
  ]) {
    const { chain } = await node(() => wrong);
    await expect(chain.expect(root(7), {})).rejects.toBeInstanceOf(LeavesError);
  }
});

test('a node that does not answer is no answer', async () => {
  const { url } = await serve((_, response) => json(response, 500, {}));
  const chain = new ChainRoots({ rpc: url, programId: PROGRAM_ADDRESS, registryId: REGISTRY });
  await expect(chain.expect(root(7), {})).rejects.toBeInstanceOf(ConnectionError);
});
