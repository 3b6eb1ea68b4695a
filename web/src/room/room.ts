import {
  type ConnectedWallet,
  discoverWallets,
  type Identity,
  type Registry,
  Veilpass,
  type WalletHandle,
} from '@veilpass/sdk';
import type { Config } from './config.ts';
import { Emitter } from './emitter.ts';
import { TrackAccess } from './unlock/access.ts';
import { read, remove, write } from './vault/database.ts';
import { forgetIdentity, keepIdentity, keptIdentity } from './vault/identity-vault.ts';
import { forgetAccesses } from './vault/sessions.ts';
import { heldMints } from './wallet/holdings.ts';

const LAST_WALLET = 'last-wallet';

/** All that the page knows. Views look at it when it changes. */
export class Room extends Emitter {
  readonly tracks: readonly TrackAccess[];
  #veilpass: Veilpass | null = null;
  #registry: Registry | null = null;
  #problem: unknown = null;
  #wallet: ConnectedWallet | null = null;
  #walletName = '';
  #identity: Identity | null = null;
  #isIdentityLoading = true;
  #wallets: readonly WalletHandle[] = [];

  constructor(readonly config: Config) {
    super();
    this.tracks = config.tracks.map((track) => new TrackAccess(this, track, () => this.changed()));
  }

  /** The service; null until it answered. */
  get veilpass(): Veilpass | null {
    return this.#veilpass;
  }
  get registry(): Registry | null {
    return this.#registry;
  }
  /** Why there is no service; null if there is no reason. */
  get problem(): unknown {
    return this.#problem;
  }
  get wallet(): ConnectedWallet | null {
    return this.#wallet;
  }
  get walletName(): string {
    return this.#walletName;
  }
  get wallets(): readonly WalletHandle[] {
    return this.#wallets;
  }
  get identity(): Identity | null {
    return this.#identity;
  }
  /** Whether a kept identity is still being opened. */
  get isIdentityLoading(): boolean {
    return this.#isIdentityLoading;
  }
  /** When the current period ends, in seconds since 1970; null before the service answered. */
  get periodEnd(): number | null {
    return this.#registry ? (this.#registry.epoch + 1) * this.#registry.epoch_length_seconds : null;
  }

  /** Looks for what was unlocked before. */
  async recall(): Promise<void> {
    await Promise.all(this.tracks.map((track) => track.recall()));
  }

  /** Looks for wallets, the kept identity and the service, at once. Nothing here waits for a person. */
  async open(): Promise<void> {
    const found = discoverWallets((wallets) => {
      this.#wallets = wallets;
      this.changed();
    });
    this.#wallets = found.wallets;
    await Promise.all([this.reach(), this.#openIdentity(), this.#reconnect()]);
  }

  /** Asks the service what it is, and how many hold each track. */
  async reach(): Promise<void> {
    const { api, registryId, audience, programId, cluster, rpc } = this.config;
    this.#problem = null;
    try {
      this.#veilpass ??= await Veilpass.connect({ api, registryId, audience, programId, cluster, rpc });
      this.#registry = await this.#veilpass.registry();
      this.changed();
      await Promise.all([...this.tracks.map((track) => track.count()), this.matchTokens()]);
    } catch (error) {
      this.#problem = error;
    }
    this.changed();
  }

  async connect(handle: WalletHandle, options?: { silent: boolean }): Promise<void> {
    const wallet = await handle.connect(options);
    this.#wallet = wallet;
    this.#walletName = handle.name;
    wallet.onChange((accounts) => {
      if (this.#wallet === wallet && !accounts.includes(wallet.address)) void this.disconnect();
    });
    await write(LAST_WALLET, handle.name);
    this.changed();
    await this.matchTokens();
  }

  async disconnect(): Promise<void> {
    const wallet = this.#wallet;
    this.#wallet = null;
    for (const track of this.tracks) track.match(null);
    await remove(LAST_WALLET);
    this.changed();
    await wallet?.disconnect();
  }

  /** Takes an identity, and keeps it on this device. */
  async adopt(identity: Identity): Promise<void> {
    await keepIdentity(identity);
    this.#identity?.destroy();
    this.#identity = identity;
    this.changed();
  }

  /** Removes the identity from this device, and the sessions that it opened. */
  async forget(): Promise<void> {
    await forgetIdentity();
    this.#identity?.destroy();
    this.#identity = null;
    for (const track of this.tracks) await track.close();
    await forgetAccesses();
    this.changed();
  }

  /** Compares what the wallet holds with what unlocks each track, here. */
  async matchTokens(): Promise<void> {
    const wallet = this.#wallet;
    if (!wallet || !this.#veilpass) return;
    const held = await heldMints(this.config.rpc, wallet.address).catch(() => null);
    if (this.#wallet !== wallet) return;
    await Promise.all(this.tracks.map((track) => track.match(held)));
  }

  async #openIdentity(): Promise<void> {
    try {
      this.#identity = await keptIdentity();
    } catch {
      // A key store that lost its key: the backup file is what is left, and the page asks for it.
      await forgetIdentity();
    }
    this.#isIdentityLoading = false;
    this.changed();
  }

  async #reconnect(): Promise<void> {
    const name = await read<string>(LAST_WALLET);
    const handle = this.#wallets.find((wallet) => wallet.name === name);
    if (handle) await this.connect(handle, { silent: true }).catch(() => remove(LAST_WALLET));
  }
}
