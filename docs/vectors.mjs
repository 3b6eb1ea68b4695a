// Computes every vector of docs/protocol.md and docs/messages.md from their text alone and compares: with the pages,
// and with what the circuit (circuits/ownership/vectors.json) and the tests of the Rust crates have. Uses none of our
// other code.
//
//     node docs/vectors.mjs           says what differs; exit code 1 then
//     node docs/vectors.mjs --print   prints the vectors, for the page
import { createHash, createHmac, hkdfSync, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { address, base58 } from "./check/base58.mjs";
import * as f from "./check/field.mjs";
import { agreesWithRfc9180, privateKey, publicBytes, publicKey, seal } from "./check/hpke.mjs";

const repository = new URL("../", import.meta.url);
const read = (path) => readFileSync(new URL(path, repository), "utf8");
const page = read("docs/protocol.md") + read("docs/messages.md");
const failures = [];
const same = (what, found, expected) => {
    if (found !== expected) failures.push(`${what}: computed ${found}, found ${expected}`);
};

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const u32 = (value) => Buffer.from(value.toString(16).padStart(8, "0"), "hex");
const u64 = (value) => Buffer.from(value.toString(16).padStart(16, "0"), "hex");
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const counting = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

/** Section "Names of the outside world". */
const framed248 = (domain, parts) => {
    const preimage = Buffer.concat([
        Buffer.from(`${domain}\0`),
        ...parts.flatMap((part) => [u32(part.length), Buffer.from(part)]),
    ]);
    return { preimage, value: f.integerOf(sha256(preimage).subarray(0, 31)) };
};
const contextParts = (session) => [
    session.audience,
    Buffer.from(session.session_public_key, "hex"),
    u64(session.expires_at),
    session.program_id,
    session.cluster,
];
const contextOf = (session) => framed248("veilpass.v1.context", contextParts(session));

// What the circuit computed.
const file = JSON.parse(read("circuits/ownership/vectors.json"));
const { parseField, hexOf } = f;
for (const { name, input, output } of file.vectors) {
    const secret = parseField(input.identity_secret);
    const c = f.commitment(secret);
    const l = f.leaf(c, parseField(input.token_id), parseField(input.track_id));
    const s = f.scope(parseField(input.registry_id), parseField(input.track_id), parseField(input.epoch));
    f.permute([0n, 1n, 2n, 3n]).forEach((v, i) => {
        same(`${name}, permutation`, hexOf(v), output.permutation_of_0_1_2_3[i]);
    });
    same(`${name}, commitment`, hexOf(c), output.commitment);
    same(`${name}, leaf`, hexOf(l), output.leaf);
    same(`${name}, node`, hexOf(f.node(c, l)), output.node_of_commitment_and_leaf);
    same(`${name}, scope`, hexOf(s), output.scope);
    same(`${name}, nullifier`, hexOf(f.nullifier(secret, s)), output.nullifier);
    const root = f.pathRoot(l, input.leaf_index_bits, input.siblings.map(parseField));
    same(`${name}, root`, hexOf(root), output.merkle_root);
}
const names = file.identifiers;
same("the registry id", hexOf(framed248("veilpass.v1.registry-id", [counting]).value), names.registry_id);
same("the token id", hexOf(framed248("veilpass.v1.token-id", [counting]).value), names.token_id);
same("the track id", hexOf(framed248("veilpass.v1.track-id", [names.track_slug]).value), names.track_id);
same("the context", hexOf(contextOf(names.session).value), names.context);
for (const [, name, integer] of page.matchAll(/\| `(veilpass\.v1\.[a-z]+)` \| `(0x[0-9a-f]+)` \|/g)) {
    same(`the constant of ${name}`, `0x${hex(name)}`, integer);
}
for (const line of page.match(/```pin\n([^`]*)\n```/)[1].split("\n")) {
    same(`the pin ${line}`, read("pins.env").split("\n").includes(line), true);
}
same("RFC 9180, A.2.1", agreesWithRfc9180(), true);

// The running example of the page: one listener, one token, one track, one session.
const registryId = framed248("veilpass.v1.registry-id", [counting]).value;
const trackId = framed248("veilpass.v1.track-id", ["first-light"]).value;
const tokenId = framed248("veilpass.v1.token-id", [counting]).value;
const secret = 0x0123456789abcdefn;
const commitment = f.commitment(secret);
const leaf = f.leaf(commitment, tokenId, trackId);
const leaves = [5n, 6n, leaf];
const root = f.treeRoot(leaves);
const epoch = 20833n;
const scope = f.scope(registryId, trackId, epoch);
const nullifier = f.nullifier(secret, scope);
const { preimage, value: context } = contextOf(names.session);
const siblings = [f.EMPTY[0], f.node(5n, 6n), ...f.EMPTY.slice(2, f.DEPTH)];
const path = f.pathRoot(leaf, Array.from({ length: f.DEPTH }, (_, i) => (2 >> i) & 1), siblings);
same("the path of place 2", path, root);

const words = (values) => Buffer.concat(values.map(f.bytesOf));
const statement = words([registryId, trackId, epoch, nullifier, context]);
const recipient = publicBytes(privateKey("x25519", Buffer.alloc(32, 7)));
const plaintext = Buffer.concat([Buffer.from([1]), words([secret, tokenId]), u32(2)]);
const info = Buffer.from("veilpass.v1.witness");
const envelope = seal({ ephemeral: Buffer.alloc(32, 9), recipient, info, aad: statement, plaintext });

// Enrolment: the message and the signature that the tests of crates/siws have.
const wallet = privateKey("ed25519", Buffer.alloc(32, 7));
const message = page.match(/```siws\n([^`]*)\n```/)[1];
same("the message", message, read("crates/siws/tests/it/message.txt"));
same("the wallet in it", message.split("\n")[1], base58(publicBytes(wallet)));
const signature = sign(null, Buffer.from(message), wallet);
const signatures = read("crates/siws/tests/it/signatures.rs").match(/= "([0-9a-f]{64})\\\s+([0-9a-f]{64})"/);
same("its signature", hex(signature), signatures.slice(1).join(""));

// A secret out of a wallet.
const recoveryText = page.match(/```recovery\n([^`]*)\n```/)[1];
const recover = (seed) => {
    for (;;) {
        seed = createHash("sha512").update("veilpass.v1.identity-recovery").update(seed).digest();
        const candidate = Buffer.from(seed.subarray(0, 32));
        candidate[0] &= 0x3f;
        if (f.integerOf(candidate) < f.R) return f.integerOf(candidate);
    }
};
const recovered = recover(sign(null, Buffer.from(recoveryText), privateKey("ed25519", Buffer.alloc(32, 1))));
const rustText = read("crates/client/src/identity.rs").match(/TEXT: &str = "([^;]*)";/)[1];
same("the text that a wallet signs", recoveryText, rustText.replace(/\\\n\s*/g, "").replaceAll("\\n", "\n"));

// The downloads: leaves as they are, then place 0 emptied.
const header = (magic, version, rootSeq, at, count, rest) =>
    Buffer.concat([
        Buffer.from(magic),
        u32(1),
        u32(f.DEPTH),
        f.bytesOf(registryId),
        u64(version),
        u64(rootSeq),
        f.bytesOf(at),
        u64(count),
        ...rest,
    ]);
const withChecksum = (...parts) => Buffer.concat([...parts, sha256(...parts)]);
const leavesFile = withChecksum(header("VPLEAVES", 3, 1, root, 3, [Buffer.alloc(24)]), words(leaves));
const later = f.treeRoot([0n, 6n, leaf]);
const changesHeader = header("VPCHANGE", 4, 2, later, 3, [u64(3), u64(1), u64(0)]);
const changesFile = withChecksum(changesHeader, u32(0), f.bytesOf(0n));

// Grants.
const session = privateKey("ed25519", Buffer.alloc(32, 3));
const requestText = "veilpass.v1.grant-request\n67e55044-10b1-426f-9247-bb680e5fe0c8\n1800000000";
const requestSignature = sign(null, Buffer.from(requestText), session);
const sessionKey = publicKey("ed25519", publicBytes(session));
same("the signature", verify(null, Buffer.from(requestText), sessionKey, requestSignature), true);
const x = publicBytes(session).toString("base64url");
const thumbprint = sha256(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).toString("base64url");
const pepper = hkdfSync("sha256", Buffer.alloc(32, 0xab), "", "veilpass.v1.wallet-pepper", 32);

const vectors = {
    r: hexOf(f.R),
    "permutation of (0, 1, 2, 3), word 0": hexOf(f.permute([0n, 1n, 2n, 3n])[0]),
    "round constant 0": hexOf(f.ROUND_CONSTANTS[0][0]),
    "round constant 87": hexOf(f.ROUND_CONSTANTS.flat()[87]),
    ...Object.fromEntries(f.INTERNAL_DIAGONAL.map((value, i) => [`mu_${i + 1}`, hexOf(value)])),
    registry_id: hexOf(registryId),
    track_id: hexOf(trackId),
    token_id: hexOf(tokenId),
    s: hexOf(secret),
    C: hexOf(commitment),
    leaf: hexOf(leaf),
    "E_1": hexOf(f.EMPTY[1]),
    "E_32": hexOf(f.EMPTY[f.DEPTH]),
    merkle_root: hexOf(root),
    scope: hexOf(scope),
    nullifier: hexOf(nullifier),
    "context preimage": hex(preimage),
    context: hexOf(context),
    "SHA-256 of the public inputs": hex(sha256(words([registryId, root, trackId, epoch, nullifier, context]))),
    "prover public key": hex(recipient),
    prover_key_id: hex(sha256("veilpass.v1.prover-key", recipient).subarray(0, 16)),
    envelope: hex(envelope),
    "signature of the message": hex(signature),
    "recovered secret": hexOf(recovered),
    "SHA-256 of the leaves file": hex(sha256(leavesFile)),
    "SHA-256 of the changes file": hex(sha256(changesFile)),
    "session public key": hex(publicBytes(session)),
    "signature of the request": requestSignature.toString("base64"),
    sub: thumbprint,
    wallet_hash: createHmac("sha256", Buffer.from(pepper)).update(address(base58(publicBytes(wallet)))).digest("hex"),
};

if (process.argv[2] === "--print") {
    for (const [name, value] of Object.entries(vectors)) console.log(`${name} = ${value}`);
    process.exit(0);
}
const onPage = [...page.matchAll(/```vector\n([^`]*)\n```/g)].flatMap((block) =>
    block[1]
        .replaceAll(/ \\\n */g, "")
        .split("\n")
        .map((line) => /^(.+?) = ?(.*)$/.exec(line).slice(1)),
);
for (const [name, value] of onPage) same(name, vectors[name], value);
for (const name of Object.keys(vectors)) {
    if (onPage.filter(([other]) => other === name).length !== 1) failures.push(`${name} is not on the pages once`);
}
for (const failure of failures) console.error(failure);
if (failures.length === 0) {
    console.log(`${onPage.length} vectors on the pages, ${file.vectors.length} of the circuit: all agree`);
}
process.exit(failures.length === 0 ? 0 : 1);
