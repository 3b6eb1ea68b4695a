// A proof by its layout: sections, challenges, and those checks that need no curve arithmetic but hold only if every
// offset is right. Also its hints. Not a verifier: the relations and the pairing are left out.
import { bytesOf, integerOf, R } from "./field.mjs";
import { keccak256 } from "./keccak.mjs";

const LOG_N = 12;
const Q = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n;
/** The root of unity of order 256 that generates Libra's domain, and what Montgomery's form multiplies by. */
const G = 0x07b0c561a6148404f086204a9f36ffb0617942546750f230c893619174a57a76n;
const MONTGOMERY = 2n ** 261n % R;

const mod = (value) => ((value % R) + R) % R;
const power = (base, exponent) => {
    let result = 1n;
    for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = (b * b) % R) if (e & 1n) result = (result * b) % R;
    return result;
};
const divide = (a, b) => mod(mod(a) * power(b, R - 2n));

/** The words of a section as integers; `[offset, bytes]` as on the page. */
export const words = (proof, [offset, length]) =>
    Array.from({ length: length / 32 }, (_, i) => integerOf(proof.subarray(offset + 32 * i, offset + 32 * i + 32)));

/** Whether 64 bytes are a finite point of the curve, both coordinates below q. */
export const isPoint = (bytes) => {
    const [x, y] = [integerOf(bytes.subarray(0, 32)), integerOf(bytes.subarray(32))];
    return x < Q && y < Q && (y * y - x * x * x - 3n) % Q === 0n;
};

/** All challenges, drawn as the page says; `at` maps a section's name to its `[offset, bytes]`. */
export function challenges(vkHash, publicInputs, proof, at) {
    const sections = (first, last = first) => proof.subarray(at[first][0], at[last][0] + at[last][1]);
    let state = bytesOf(integerOf(keccak256(vkHash, publicInputs, sections("PairingPoints", "Wires"))) % R);
    const drawn = {};
    const low = () => integerOf(state) & (2n ** 127n - 1n);
    const next = (bytes) => {
        state = bytesOf(integerOf(keccak256(state, bytes)) % R);
        return low();
    };
    drawn.eta = low();
    drawn.beta = next(sections("LookupCounts", "FourthWire"));
    drawn.gamma = integerOf(state) >> 127n;
    drawn.alpha = next(sections("LookupInverses", "GrandProduct"));
    drawn.gate = next(Buffer.alloc(0));
    drawn.libra = next(sections("LibraConcatenation", "LibraSum"));
    const univariates = sections("Univariates");
    drawn.u = Array.from({ length: LOG_N }, (_, i) => next(univariates.subarray(288 * i, 288 * (i + 1))));
    drawn.rho = next(sections("Evaluations", "LibraQuotient"));
    drawn.r = next(sections("FoldCommitments"));
    drawn.nu = next(sections("FoldEvaluations", "LibraPolynomialEvaluations"));
    drawn.z = next(sections("ShplonkQuotient"));
    return drawn;
}

/** Whether each round of sumcheck continues the one before: needs transcript and univariates in their places. */
export function roundsHold(proof, at, c) {
    let claim = mod(c.libra * words(proof, at.LibraSum)[0]);
    const values = words(proof, at.Univariates);
    return c.u.every((u, round) => {
        const v = values.slice(9 * round, 9 * round + 9);
        if (mod(v[0] + v[1]) !== claim) return false;
        claim = v.reduce((sum, value, j) => {
            let [above, below] = [value, 1n];
            for (let k = 0n; k < 9n; k++) {
                if (k !== BigInt(j)) [above, below] = [mod(above * (u - k)), mod(below * (BigInt(j) - k))];
            }
            return sum + divide(above, below);
        }, 0n);
        claim = mod(claim);
        return true;
    });
}

/** Whether Libra's openings fit its claimed evaluation: needs the last sections of scalars in their places. */
export function libraHolds(proof, at, c) {
    const [a0, a1, a2, a3] = words(proof, at.LibraPolynomialEvaluations);
    const evaluation = words(proof, at.LibraEvaluation)[0];
    const inverse = (k) => divide(power(G, k), c.r - power(G, k));
    let masked = inverse(0n);
    c.u.forEach((u, i) => {
        for (let j = 0n; j < 9n; j++) masked += power(u, j) * inverse(1n + 9n * BigInt(i) + j);
    });
    const Z = power(c.r, 256n) - 1n;
    const toLast = c.r - power(G, 255n);
    const inner = inverse(0n) * a2 + inverse(255n) * (a2 - evaluation) - toLast * mod(masked) * a0 - 256n * a3;
    return mod(Z * mod(inner) + 256n * toLast * (a1 - a2)) === 0n;
}

/** The 150 hints. `firstRow` is the row of the first public input. */
export function hints(proof, at, c, publicInputs, firstRow) {
    const side = (position) =>
        [...publicInputs, ...new Array(8).fill(0n)].reduce(
            (product, x, j) => mod(product * (c.gamma + position(BigInt(j)) + x)),
            1n,
        );
    const above = side((j) => c.beta * (2n ** 28n + firstRow + j));
    const below = side((j) => -c.beta * (firstRow + 1n + j));
    const slot = (k) => mod(MONTGOMERY * divide(power(G, k), c.r - power(G, k)));
    const list = [mod(MONTGOMERY * divide(above, below)), slot(0n), slot(255n)];
    for (let i = 0n; i < 12n; i++) for (let j = 8n; j >= 0n; j--) list.push(slot(1n + 9n * i + j));
    const r = Array.from({ length: LOG_N }, (_, i) => power(c.r, 2n ** BigInt(i)));
    const weight = (exponent, denominator) => divide(-power(c.nu, exponent), denominator);
    r.forEach((ri, i) => {
        list.push(weight(2n * BigInt(i), c.z - ri), weight(2n * BigInt(i) + 1n, c.z + ri));
    });
    list.push(mod(MONTGOMERY * divide(1n, c.r)));
    let next = words(proof, at.Evaluations).reduceRight((sum, e) => mod(sum * c.rho + e), 0n);
    const negative = words(proof, at.FoldEvaluations);
    for (let i = LOG_N - 1; i >= 0; i--) {
        const u = c.u[i];
        const numerator = 2n * r[i] * next - negative[i] * (r[i] * (1n - u) - u);
        next = divide(numerator, r[i] * (1n - u) + u);
        list.push(next);
    }
    list.push(weight(25n, c.z - G * c.r), weight(27n, c.z - 1n));
    return list;
}
