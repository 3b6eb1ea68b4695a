import { read, write } from './database.ts';

const NAME = 'enrolled';

/** What was enrolled from this device, so that the wallet is asked once only. Kept as SHA-256, which tells no token or identity. */
export async function wasEnrolled(commitment: string, trackId: string, mint: string): Promise<boolean> {
  return (await kept()).includes(await name(commitment, trackId, mint));
}

export async function noteEnrolment(commitment: string, trackId: string, mint: string): Promise<void> {
  await write(NAME, [...(await kept()), await name(commitment, trackId, mint)]);
}

async function kept(): Promise<string[]> {
  return (await read<string[]>(NAME)) ?? [];
}

async function name(...parts: string[]): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(parts.join('/')));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
