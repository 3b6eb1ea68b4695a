// Base58 with Bitcoin's alphabet, as Solana writes addresses and signatures.

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

export function base58(bytes) {
    const zeros = bytes.findIndex((byte) => byte !== 0);
    let value = BigInt(`0x0${Buffer.from(bytes).toString("hex")}`);
    let text = "";
    for (; value > 0n; value /= 58n) text = ALPHABET[Number(value % 58n)] + text;
    return "1".repeat(zeros < 0 ? bytes.length : zeros) + text;
}

/** 32 bytes; refuses another length. */
export function address(text) {
    const value = [...text].reduce((sum, digit) => {
        const at = ALPHABET.indexOf(digit);
        if (at < 0) throw new Error(`not base58: ${text}`);
        return sum * 58n + BigInt(at);
    }, 0n);
    const bytes = Buffer.from(value.toString(16).padStart(64, "0"), "hex");
    if (bytes.length !== 32 || base58(bytes) !== text) throw new Error(`not an address: ${text}`);
    return bytes;
}
