/** @veilpass/sdk: prove that you own a token that unlocks a track, without saying which wallet or which token. */

export * from './errors.js';
export { Identity } from './identity.js';
export type { KeptSession } from './kept-session.js';
export { registryIdOf, tokenIdOf, trackIdOf } from './protocol/identifiers.js';
export { checkEnrolmentText, type EnrolmentTerms } from './protocol/siws.js';
export { type KeepAlive, Session } from './session.js';
export type { Grant } from './session-grant.js';
export type * from './types.js';
export { Veilpass } from './veilpass.js';
export { fromWalletAdapter, type WalletAdapterLike } from './wallets/adapter.js';
export type { MessageSigner } from './wallets/signer.js';
export { type ConnectedWallet, discoverWallets, type WalletHandle } from './wallets/standard.js';
