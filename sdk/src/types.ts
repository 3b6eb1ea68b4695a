/** What callers give and get. */

import type { components } from './generated/api.js';
import type { Identity } from './identity.js';
import type { Session } from './session.js';
import type { MessageSigner } from './wallets/signer.js';

type Schemas = components['schemas'];

/** An element of the BN254 scalar field: `0x` and 64 lowercase hexadecimal digits, big-endian, below the modulus. */
export type FieldHex = string;
/** An address of the chain: 32 bytes in base58. */
export type AddressBase58 = string;
/** A cluster as registries name it. */
export type Cluster = 'mainnet-beta' | 'testnet' | 'devnet' | 'localnet';

/** What the API is pinned to. */
export type Info = Readonly<Schemas['Info']>;
/** A registry as it is now. */
export type Registry = Readonly<Schemas['RegistryView']>;
/** Among how many a holder of a track hides. */
export type Anonymity = Readonly<Schemas['TrackAnonymity']>;
/** A page of the mints that unlock a track. */
export type TrackAssets = Readonly<Schemas['TrackAssets']>;
/** An enrolment: `status` is `pending_root`, `pending_chain`, `active` or `revoked`. */
export type Enrolment = Readonly<Schemas['EnrollmentView']>;
/** The six public inputs, in the circuit's order. */
export type PublicInputs = Readonly<Schemas['PublicInputs']>;
/** What a proof is bound to; the public input `context` is its hash. */
export type ContextPreimage = Readonly<Schemas['ContextPreimage']>;
/** What a grant says, or `{ active: false }`. */
export type Introspection = Readonly<Schemas['Introspection']>;
/** A verification, without a grant: sessions keep those. */
export type Verification = Readonly<Omit<Schemas['VerificationView'], 'grant'>>;
/** Where a proof is settled: by the API alone, or by the program on Solana. */
export type Settle = 'offchain' | 'onchain';
/** Where a proof is made: here, or by a prover that the witness is sealed to. */
export type Method = 'device' | 'delegated';

/**
 * What is going on. In the order in which they come:
 *
 * | stage | place | what |
 * |---|---|---|
 * | `challenge` | api | the API writes the text to sign |
 * | `wallet` | wallet | the wallet shows it |
 * | `enrolling` | api | the API looks for the token on chain |
 * | `pending-root`, `pending-chain` | api, chain | a new root is made; it is published |
 * | `enrolled` | api | the enrolment counts |
 * | `loading` | device | wasm, circuit and reference string; `fraction` of the bytes |
 * | `leaves` | device | the leaves are downloaded; `fraction` of the bytes |
 * | `tree` | device | they are hashed and compared with the root |
 * | `root` | chain | the root is looked for in the program's account, with `rpc` |
 * | `witness`, `proving`, `checking` | device | the proof is made and verified, here |
 * | `sealing` | device | the witness is sealed to a prover |
 * | `queued`, `leased`, `path`, `witness`, `proving`, `verifying` | prover | as it says |
 * | `proved` | device | the proof is here |
 * | `submitting` | api | the proof goes to the API |
 * | `accepted`, `uploading`, `verifying`, `verified`, `final` | api or chain | the settlement |
 * | `granted` | api | the session has its grant |
 */
export type Stage =
  | 'challenge'
  | 'wallet'
  | 'enrolling'
  | 'pending-root'
  | 'pending-chain'
  | 'enrolled'
  | 'loading'
  | 'leaves'
  | 'tree'
  | 'root'
  | 'witness'
  | 'proving'
  | 'checking'
  | 'sealing'
  | 'queued'
  | 'leased'
  | 'path'
  | 'proved'
  | 'submitting'
  | 'accepted'
  | 'uploading'
  | 'verifying'
  | 'verified'
  | 'final'
  | 'granted';

/** One step. A stage may come more than once, with a growing `fraction`; prover stages may be missed. */
export interface ProgressEvent {
  readonly stage: Stage;
  /** Who does it, and so who learns of it. */
  readonly place: 'device' | 'wallet' | 'api' | 'prover' | 'chain';
  /** 0 to 1, only where it is measured. */
  readonly fraction?: number;
  /** In words, for a person: nothing secret. */
  readonly detail?: string;
}
export type OnProgress = (event: ProgressEvent) => void;

/** What every call that waits takes. */
export interface CallOptions {
  /** Ends it with an `AbortError`; a delegated job is given up at the API too. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface ConnectOptions extends CallOptions {
  /** Base URL of the API. */
  readonly api: string | URL;
  readonly registryId: FieldHex;
  /** Origin of the frontend: what proofs and texts to sign are for. In a page, `location.origin`. */
  readonly audience: string;
  /** If given, the registry must be of this cluster. */
  readonly cluster?: Cluster | undefined;
  /** If given, the registry's proofs must be checked by this program. */
  readonly programId?: AddressBase58 | undefined;
  /**
   * URL of an RPC of that cluster. If given, no proof leaves the device whose root is not one of the program's account:
   * an API cannot give each listener a tree of his own. Give `programId` too, or the API chooses the account.
   */
  readonly rpc?: string | URL | undefined;
  /** Where the SDK's assets are served (a folder's URL). The Vite plugin sets it. */
  readonly assets?: string | URL | undefined;
  /** Threads to prove with: 1, or as many as wanted in a cross-origin isolated page. By default 2, if there are. */
  readonly threads?: number | undefined;
  /** Instead of the platform's. */
  readonly fetch?: typeof fetch | undefined;
}

export interface EnrolOptions extends CallOptions {
  readonly identity: Identity;
  /** Holds the token; signs one text. */
  readonly wallet: MessageSigner;
  readonly trackId: FieldHex;
  readonly mint: AddressBase58;
}

export interface ProveOptions extends CallOptions {
  readonly identity: Identity;
  readonly trackId: FieldHex;
  readonly mint: AddressBase58;
  /** What the proof is bound to. */
  readonly session: Session;
  /** By default on the device. */
  readonly method?: Method | undefined;
}

/** A proof, and all that is needed to have it accepted. None of it is secret, but `context` names the session. */
export interface OwnershipProof {
  /** 7,232 bytes: UltraHonk, Keccak transcript, zero knowledge. */
  readonly proof: Uint8Array;
  readonly publicInputs: PublicInputs;
  readonly context: ContextPreimage;
  readonly method: Method;
}

export interface VerifyOptions extends CallOptions {
  /** By default `offchain`. */
  readonly settle?: Settle | undefined;
  /** Takes the verification, and the first grant if there is one. */
  readonly session?: Session | undefined;
}

export interface SettlementOptions extends CallOptions {
  /** By default `verified`: confirmed by the cluster. */
  readonly until?: 'verified' | 'final' | undefined;
}

export interface UnlockOptions extends CallOptions {
  readonly identity: Identity;
  readonly trackId: FieldHex;
  readonly mint: AddressBase58;
  readonly method?: Method | undefined;
  readonly settle?: Settle | undefined;
  /** If given, the token is enrolled when it is not yet. */
  readonly wallet?: MessageSigner | undefined;
  /** By default what the API allows, or what is left of the epoch and its grace if that is less. */
  readonly sessionSeconds?: number | undefined;
  /**
   * Called and waited for as soon as the proof is accepted, when the nullifier is spent and the session is all that the
   * listener has of it: keep the session here, so that nothing is lost with the page.
   */
  readonly onAccepted?: ((session: Session, verification: Verification) => void | Promise<void>) | undefined;
}

export interface Unlocked {
  /** Has a grant, and renews it. */
  readonly session: Session;
  readonly verification: Verification;
  readonly proof: OwnershipProof;
}
