// Keccak-256 (the padding before SHA-3's), which Node does not have.

const MASK = (1n << 64n) - 1n;
const rotate = (lane, by) => (by === 0n ? lane : ((lane << by) | (lane >> (64n - by))) & MASK);

/** Round constants, from the LFSR of FIPS 202, section 3.2.5. */
const CONSTANTS = (() => {
    let lfsr = 1;
    return Array.from({ length: 24 }, () => {
        let constant = 0n;
        for (let j = 0; j < 7; j++) {
            if (lfsr & 1) constant |= 1n << BigInt(2 ** j - 1);
            lfsr = (lfsr << 1) ^ (lfsr & 0x80 ? 0x171 : 0);
        }
        return constant;
    });
})();

function permute(lanes) {
    for (const constant of CONSTANTS) {
        const column = Array.from({ length: 5 }, (_, x) =>
            [0, 5, 10, 15, 20].reduce((sum, y) => sum ^ lanes[x + y], 0n),
        );
        for (let x = 0; x < 5; x++) {
            const effect = column[(x + 4) % 5] ^ rotate(column[(x + 1) % 5], 1n);
            for (let y = 0; y < 25; y += 5) lanes[x + y] ^= effect;
        }
        let [x, y, current] = [1, 0, lanes[1]];
        for (let t = 0; t < 24; t++) {
            [x, y] = [y, (2 * x + 3 * y) % 5];
            const place = x + 5 * y;
            [current, lanes[place]] = [lanes[place], rotate(current, BigInt((((t + 1) * (t + 2)) / 2) % 64))];
        }
        for (let row = 0; row < 25; row += 5) {
            const [a, b, c, d, e] = lanes.slice(row, row + 5);
            lanes[row] = a ^ (~b & MASK & c);
            lanes[row + 1] = b ^ (~c & MASK & d);
            lanes[row + 2] = c ^ (~d & MASK & e);
            lanes[row + 3] = d ^ (~e & MASK & a);
            lanes[row + 4] = e ^ (~a & MASK & b);
        }
        lanes[0] ^= constant;
    }
}

/** 32 bytes. */
export function keccak256(...parts) {
    const message = Buffer.concat(parts);
    const padded = Buffer.alloc(136 * (Math.floor(message.length / 136) + 1));
    message.copy(padded);
    padded[message.length] ^= 0x01;
    padded[padded.length - 1] ^= 0x80;
    const lanes = new Array(25).fill(0n);
    for (let at = 0; at < padded.length; at += 136) {
        for (let i = 0; i < 17; i++) lanes[i] ^= padded.readBigUInt64LE(at + 8 * i);
        permute(lanes);
    }
    const digest = Buffer.alloc(32);
    for (let i = 0; i < 4; i++) digest.writeBigUInt64LE(lanes[i], 8 * i);
    return digest;
}
