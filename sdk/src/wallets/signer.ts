/** What the SDK wants of a wallet: its address, and signatures of texts. Nothing here can sign a transaction. */
export interface MessageSigner {
  /** The account, base58. */
  readonly address: string;
  /**
   * Signs the bytes with the account's Ed25519 key (RFC 8032, without prefix or prehash).
   * @returns 64 bytes
   * @throws WalletError
   */
  signMessage(message: Uint8Array): Promise<Uint8Array>;
}
