/** The token programs whose accounts count: SPL Token and Token-2022. */
const TOKEN_PROGRAMS = [
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
] as const;

/**
 * The mints of which a wallet holds something now, asked of the RPC. The RPC learns that somebody looks at this wallet, as with
 * every wallet application; Veilpass is not asked.
 */
export async function heldMints(rpc: string, wallet: string, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(TOKEN_PROGRAMS.map((program) => tokenAccounts(rpc, wallet, program, signal)));
  return new Set(lists.flat());
}

async function tokenAccounts(rpc: string, wallet: string, programId: string, signal?: AbortSignal): Promise<string[]> {
  const params = [wallet, { programId }, { encoding: 'jsonParsed', commitment: 'confirmed' }];
  const response = await fetch(rpc, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getTokenAccountsByOwner', params }),
    signal: signal ?? null,
  });
  if (!response.ok) throw new HoldingsError(`the RPC answered ${response.status}`);
  return mintsOf(await response.json());
}

/** The mints with an amount above zero in an answer to `getTokenAccountsByOwner` (jsonParsed). */
export function mintsOf(answer: unknown): string[] {
  const value = (answer as { result?: { value?: unknown } } | null)?.result?.value;
  if (!Array.isArray(value)) throw new HoldingsError('the RPC did not list token accounts');
  const mints: string[] = [];
  for (const entry of value) {
    const info = entry?.account?.data?.parsed?.info;
    const [mint, amount] = [info?.mint, info?.tokenAmount?.amount];
    if (typeof mint !== 'string' || typeof amount !== 'string') throw new HoldingsError('an account is not parsed');
    if (/^[0-9]+$/.test(amount) && BigInt(amount) > 0n) mints.push(mint);
  }
  return mints;
}

/** The tokens of a wallet could not be listed. */
export class HoldingsError extends Error {
  readonly code = 'holdings';
}
