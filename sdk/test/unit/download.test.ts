// Leaves come in one piece, in several, or by what changed: the same leaves in the end.
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { loadReferenceString } from '../../src/assets.ts';
import { PublicCache } from '../../src/leaves/cache.ts';
import { RegistryLeaves } from '../../src/leaves/registry-leaves.ts';
import { fieldFromBigInt, fieldToHex } from '../../src/protocol/field.ts';
import { Transport } from '../../src/transport.ts';
import { changesFile, leavesFile } from './files.ts';
import { problem, serve } from './server.ts';

const REGISTRY = fieldToHex(fieldFromBigInt(0x0102n));
const PATH = `/v1/registries/${REGISTRY}/leaves`;
const many = Array.from({ length: 9000 }, (_, at) => fieldFromBigInt(BigInt(at) * 3n + 1n));

/** What every one of these APIs does: the newest version is a redirect. */
function redirect(response: ServerResponse, version: number): void {
  response.writeHead(307, { location: `${PATH}/${version}` });
  response.end();
}

test('a download that breaks off goes on at a multiple of 65,536, and never asks for a few leaves alone', async () => {
  const file = leavesFile(many, { version: 5 });
  // Each connection carries so many bytes, and dies: the second 22,624 before the end.
  const budgets = [100_000, 200_000, 100_000];
  const parts: (string | undefined)[] = [];
  const { url } = await serve(({ path, headers, method }, response) => {
    if (path === PATH) return redirect(response, 5);
    if (method === 'HEAD') return void response.end();
    parts.push(headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const rest = file.subarray(from);
    const whole = { 'content-length': `${rest.length}` };
    const part = { ...whole, 'content-range': `bytes ${from}-${file.length - 1}/${file.length}` };
    response.writeHead(from ? 206 : 200, from ? part : whole);
    const budget = budgets.shift() ?? 0;
    if (rest.length > budget) response.write(rest.subarray(0, budget), () => response.destroy());
    else response.end(rest);
  });
  const fractions: number[] = [];
  const leaves = new RegistryLeaves(new Transport(url), REGISTRY);
  const { file: got } = await leaves.update({ onProgress: ({ fraction }) => void fractions.push(fraction ?? -1) });
  expect(got.header.leafCount).toBe(9000);
  expect(got.leaves.subarray(-32)).toEqual(many.at(-1));
  expect(parts).toEqual([undefined, 'bytes=65536-', 'bytes=196608-']);
  expect(Math.max(...fractions)).toBe(1);
  expect(leaves.find(fieldToHex(many[4711] as Uint8Array))).toBe(4711);
  expect(() => leaves.find(fieldToHex(fieldFromBigInt(2n)))).toThrow('not enrolled');
});

test('newer leaves come by their changes, and all anew where there are none', async () => {
  let version = 0x0200;
  const { url, seen } = await serve(({ path, method }, response) => {
    if (path === PATH) return redirect(response, version);
    if (method === 'HEAD') return void response.end();
    if (path === `${PATH}/512`) return void response.end(leavesFile(many.slice(0, 8), { version: 0x0200 }));
    if (path === `${PATH}/772/changes?since=512`) {
      return void response.end(changesFile([{ place: 8, leaf: fieldFromBigInt(77n) }], 9));
    }
    if (path === `${PATH}/773`) return void response.end(leavesFile(many.slice(0, 3), { version: 773 }));
    problem(response, 410, 'too-many-changes');
  });
  const leaves = new RegistryLeaves(new Transport(url), REGISTRY);
  expect((await leaves.update({})).from).toBeUndefined();
  version = 772;
  const { file, from } = await leaves.update({});
  expect(from).toMatchObject({ version: 512, changes: [{ place: 8 }] });
  expect(file.header.leafCount).toBe(9);
  expect(leaves.find(fieldToHex(fieldFromBigInt(77n)))).toBe(8);
  expect((await leaves.update({})).from?.changes).toEqual([]);
  version = 773;
  expect((await leaves.update({})).from).toBeUndefined();
  expect(leaves.current?.header.leafCount).toBe(3);
  // Nobody was ever asked for a single leaf.
  expect(seen.every(({ path }) => /\/leaves(\/\d+(\/changes\?since=\d+)?)?$/.test(path))).toBe(true);
});

test('leaves of another registry, another version, or longer than they say are refused', async () => {
  let file = leavesFile(many.slice(0, 8), { version: 5, registryId: fieldFromBigInt(9n) });
  const { url } = await serve(({ path, method }, response) => {
    if (path === PATH) return redirect(response, 5);
    if (method === 'HEAD') return void response.end();
    response.end(file);
  });
  const update = () => new RegistryLeaves(new Transport(url), REGISTRY).update({});
  await expect(update()).rejects.toMatchObject({ code: 'leaves' });
  file = leavesFile(many.slice(0, 8), { version: 6 });
  await expect(update()).rejects.toMatchObject({ code: 'leaves' });
  file = new Uint8Array([...leavesFile(many.slice(0, 8), { version: 5 }), 0]);
  await expect(update()).rejects.toMatchObject({ code: 'leaves' });
});

test('an abort ends a download', async () => {
  const controller = new AbortController();
  const { url } = await serve(({ path, method }, response) => {
    if (path === PATH) return redirect(response, 5);
    if (method === 'HEAD') return void response.end();
    // The beginning, and then nothing.
    response.write(leavesFile(many, { version: 5 }).subarray(0, 1000), () => controller.abort());
  });
  const leaves = new RegistryLeaves(new Transport(url), REGISTRY);
  await expect(leaves.update({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
});

test('a reference string that is not the pinned one is asked for once more past caches, then refused', async () => {
  const { url, seen } = await serve((_, response) => void response.end(Buffer.alloc(64)));
  const load = loadReferenceString(new Transport(url), new PublicCache(), undefined);
  await expect(load).rejects.toMatchObject({ name: 'PinMismatchError', pin: 'the reference string' });
  expect(seen.length).toBe(2);
  expect(seen[1]?.headers['cache-control']).toBe('no-cache');
});
