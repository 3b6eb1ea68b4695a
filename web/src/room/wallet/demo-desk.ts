/** Asks the local stack's demo desk for a token that unlocks a track. @returns its mint */
export async function requestToken(wallet: string, trackId: string): Promise<string> {
  const response = await fetch('/demo/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ wallet, track_id: trackId }),
  });
  if (!response.ok) throw Object.assign(new Error(`the demo desk answered ${response.status}`), { code: 'demo-desk' });
  const { mint } = (await response.json()) as { mint?: unknown };
  if (typeof mint !== 'string') throw Object.assign(new Error('the demo desk gave no token'), { code: 'demo-desk' });
  return mint;
}
