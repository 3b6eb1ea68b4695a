// The hash of docs/protocol.md, from its text alone: Fr, the constants out of the Grain generator, the permutation, H.

/** Order of the BN254 scalar field. */
export const R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
const WIDTH = 4;
const EXTERNAL_ROUNDS = 8;
const INTERNAL_ROUNDS = 56;
const FIELD_BITS = 254;

/** The self-shrinking Grain LFSR of the Poseidon paper, seeded with the instance's parameters; yields bits. */
function* grain() {
    const seed = [
        [1, 2], // a prime field
        [0, 4], // the S-box is a power
        [FIELD_BITS, 12],
        [WIDTH, 12],
        [EXTERNAL_ROUNDS, 10],
        [INTERNAL_ROUNDS, 10],
        [2 ** 30 - 1, 30],
    ];
    const state = seed.flatMap(([value, bits]) => [...value.toString(2).padStart(bits, "0")].map(Number));
    const step = () => {
        const bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0];
        state.shift();
        state.push(bit);
        return bit;
    };
    for (let i = 0; i < 160; i++) step();
    for (;;) {
        const counts = step();
        const bit = step();
        if (counts) yield bit;
    }
}

const bits = grain();
const integer = () => {
    let value = 0n;
    for (let i = 0; i < FIELD_BITS; i++) value = (value << 1n) | BigInt(bits.next().value);
    return value;
};
const element = () => {
    for (;;) {
        const value = integer();
        if (value < R) return value;
    }
};

/** One row for each round: four constants in an external one, one in an internal one. */
export const ROUND_CONSTANTS = Array.from({ length: EXTERNAL_ROUNDS + INTERNAL_ROUNDS }, (_, round) =>
    Array.from({ length: isExternal(round) ? WIDTH : 1 }, element),
);

// The generator goes on until the characteristic polynomials of the matrix and of its powers up to the eighth are
// irreducible, so that no subspace escapes the internal rounds; that is the case for the fifth candidate.
const candidates = Array.from({ length: 5 }, () => Array.from({ length: WIDTH }, () => integer() % R));
/** The diagonal of the internal matrix; every other entry of it is 1. */
export const INTERNAL_DIAGONAL = candidates[4];

function isExternal(round) {
    return round < EXTERNAL_ROUNDS / 2 || round >= EXTERNAL_ROUNDS / 2 + INTERNAL_ROUNDS;
}

const EXTERNAL_MATRIX = [
    [5n, 7n, 1n, 3n],
    [4n, 6n, 1n, 1n],
    [1n, 3n, 5n, 7n],
    [1n, 1n, 4n, 6n],
];
const external = (state) =>
    EXTERNAL_MATRIX.map((row) => row.reduce((sum, entry, i) => sum + entry * state[i], 0n) % R);
const internal = (state) => {
    const sum = state.reduce((a, b) => a + b);
    return state.map((value, i) => (sum + (INTERNAL_DIAGONAL[i] - 1n) * value) % R);
};
const power5 = (x) => {
    const square = (x * x) % R;
    return (((square * square) % R) * x) % R;
};

/** The permutation of four elements. */
export function permute(input) {
    let state = external(input);
    ROUND_CONSTANTS.forEach((constants, round) => {
        if (isExternal(round)) state = external(state.map((value, i) => power5((value + constants[i]) % R)));
        else state = internal([power5((state[0] + constants[0]) % R), ...state.slice(1)]);
    });
    return state;
}

/** The big-endian integer of bytes, or of an ASCII text. */
export const integerOf = (bytes) => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
/** 32 bytes, big-endian. */
export const bytesOf = (value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
/** The text of an element. */
export const hexOf = (value) => `0x${value.toString(16).padStart(64, "0")}`;

/** Parses the text of an element; refuses every other text. */
export function parseField(text) {
    if (!/^0x[0-9a-f]{64}$/.test(text) || BigInt(text) >= R) throw new Error(`not canonical: ${text}`);
    return BigInt(text);
}

const h = (name, a, b = 0n, c = 0n) => permute([integerOf(`veilpass.v1.${name}`), a, b, c])[0];
export const commitment = (secret) => h("identity", secret);
export const leaf = (c, tokenId, trackId) => h("leaf", c, tokenId, trackId);
export const node = (left, right) => h("node", left, right);
export const scope = (registryId, trackId, epoch) => h("scope", registryId, trackId, epoch);
export const nullifier = (secret, inScope) => h("nullifier", secret, inScope);

export const DEPTH = 32;
/** `EMPTY[k]`: the node of an empty subtree of height k. */
export const EMPTY = [0n];
for (let height = 1; height <= DEPTH; height++) EMPTY.push(node(EMPTY[height - 1], EMPTY[height - 1]));

/** The root over these leaves, of which there is at least one. */
export function treeRoot(leaves) {
    let level = leaves;
    for (let height = 0; height < DEPTH; height++) {
        const parents = [];
        for (let i = 0; i < level.length; i += 2) parents.push(node(level[i], level[i + 1] ?? EMPTY[height]));
        level = parents;
    }
    return level[0];
}

/** The root above a leaf, from its path. */
export const pathRoot = (from, bits32, siblings) =>
    siblings.reduce((at, sibling, i) => (bits32[i] ? node(sibling, at) : node(at, sibling)), from);
