// HPKE (RFC 9180) as docs/protocol.md uses it: base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305,
// one message. Sealing takes the ephemeral key as an argument, so that a vector can be made again.
import { createCipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";

const PKCS8 = { x25519: "302e020100300506032b656e04220420", ed25519: "302e020100300506032b657004220420" };
const SPKI = { x25519: "302a300506032b656e032100", ed25519: "302a300506032b6570032100" };

/** A private key from its 32 bytes. */
export const privateKey = (kind, bytes) =>
    createPrivateKey({ key: Buffer.concat([Buffer.from(PKCS8[kind], "hex"), bytes]), format: "der", type: "pkcs8" });
/** A public key from its 32 bytes. */
export const publicKey = (kind, bytes) =>
    createPublicKey({ key: Buffer.concat([Buffer.from(SPKI[kind], "hex"), bytes]), format: "der", type: "spki" });
/** The 32 bytes of the public key of a private key. */
export const publicBytes = (key) => createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);

const ascii = (text) => Buffer.from(text, "ascii");
const I2OSP = (value) => Buffer.from([value >> 8, value & 255]);
const hmac = (key, data) => createHmac("sha256", key).update(data).digest();
const expand = (key, info, length) => {
    let block = Buffer.alloc(0);
    const blocks = [];
    for (let i = 1; 32 * blocks.length < length; i++) {
        block = hmac(key, Buffer.concat([block, info, Buffer.from([i])]));
        blocks.push(block);
    }
    return Buffer.concat(blocks).subarray(0, length);
};

const KEM = Buffer.concat([ascii("KEM"), I2OSP(0x0020)]);
const SUITE = Buffer.concat([ascii("HPKE"), I2OSP(0x0020), I2OSP(0x0001), I2OSP(0x0003)]);
const VERSION = ascii("HPKE-v1");
const labeledExtract = (suite, salt, label, secret) =>
    hmac(salt, Buffer.concat([VERSION, suite, ascii(label), secret]));
const labeledExpand = (suite, key, label, info, length) =>
    expand(key, Buffer.concat([I2OSP(length), VERSION, suite, ascii(label), info]), length);

/** `encapsulated key || ciphertext || tag`. */
export function seal({ ephemeral, recipient, info, aad, plaintext }) {
    const skE = privateKey("x25519", ephemeral);
    const encapsulated = publicBytes(skE);
    const dh = diffieHellman({ privateKey: skE, publicKey: publicKey("x25519", recipient) });
    const none = Buffer.alloc(0);
    const prk = labeledExtract(KEM, none, "eae_prk", dh);
    const shared = labeledExpand(KEM, prk, "shared_secret", Buffer.concat([encapsulated, recipient]), 32);
    const context = Buffer.concat([
        Buffer.from([0]),
        labeledExtract(SUITE, none, "psk_id_hash", none),
        labeledExtract(SUITE, none, "info_hash", info),
    ]);
    const secret = labeledExtract(SUITE, shared, "secret", none);
    const key = labeledExpand(SUITE, secret, "key", context, 32);
    const nonce = labeledExpand(SUITE, secret, "base_nonce", context, 12);
    const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
    cipher.setAAD(aad, { plaintextLength: plaintext.length });
    return Buffer.concat([encapsulated, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Whether the first message of RFC 9180, appendix A.2.1, comes out as printed there. */
export function agreesWithRfc9180() {
    const hex = (text) => Buffer.from(text, "hex");
    const sealed = seal({
        ephemeral: hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"),
        recipient: hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a"),
        info: hex("4f6465206f6e2061204772656369616e2055726e"),
        aad: hex("436f756e742d30"),
        plaintext: ascii("Beauty is truth, truth beauty"),
    });
    const expected =
        "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a" +
        "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28";
    return sealed.toString("hex") === expected;
}
