// Checks docs/proof-layout.md and docs/program-layout.md: every offset, size, name and discriminator, against a real
// proof, the committed verification key and the program's IDL. Uses none of our other code.
//
//     node docs/layout.mjs                       says what differs; exit code 1 then
//     node docs/layout.mjs hints PROOF INPUTS    prints the 150 hints of a proof, hexadecimal, one a line
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { bytesOf, integerOf, R } from "./check/field.mjs";
import { keccak256 } from "./check/keccak.mjs";
import { challenges, hints, isPoint, libraHolds, roundsHold, words } from "./check/proof.mjs";

const repository = new URL("../", import.meta.url);
const bytes = (path) => readFileSync(new URL(path, repository));
const text = (path) => bytes(path).toString();
const failures = [];
const must = (held, what) => held || failures.push(what);
const same = (what, found, expected) => must(found === expected, `${what}: found ${found}, expected ${expected}`);

const proofPage = text("docs/proof-layout.md");
const programPage = text("docs/program-layout.md");
/** The text from a heading or sentence up to the next heading. */
const part = (page, start) => {
    const at = page.indexOf(start);
    must(at >= 0, `no "${start}" on the page`);
    const rest = page.slice(at + start.length);
    const end = rest.search(/\n#+ /);
    return end < 0 ? rest : rest.slice(0, end);
};
/** Rows of its first table, as lists of cells. */
const rows = (section) =>
    (section.match(/(?:^\|.*\n)+/m)?.[0] ?? "")
        .split("\n")
        .filter((line) => line.startsWith("|"))
        .slice(2)
        .map((line) => line.slice(1, -1).split("|").map((cell) => cell.trim()));
const plain = (cell) => cell.replaceAll("`", "");
/** Whether rows of [offset, bytes] follow each other; returns where they end. */
const contiguous = (what, table, start) =>
    table.reduce((end, [offset, size, name]) => {
        same(`${what}, offset of ${name}`, Number(offset), end);
        return end + Number(size);
    }, start);

// The key.
const vk = bytes("circuits/ownership/vk");
const vkHash = bytesOf(integerOf(keccak256(vk)) % R);
must(vkHash.equals(bytes("circuits/ownership/vk_hash")), "vk_hash is not the hash of vk");
same("the end of the key", contiguous("key", rows(part(proofPage, "## The verification key")), 0), vk.length);
const header = words(vk, [0, 96]).join();
same("the key's numbers", header, "12,14,5");
const zeros = (list) => list.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
const unused = proofPage.match(/zero words: (\d+) to (\d+) and (\d+) to (\d+)/).slice(1).map(Number);
const zeroPlaces = zeros([unused.slice(0, 2), unused.slice(2)]);
for (let k = 1; k <= 28; k++) {
    const point = vk.subarray(96 + 64 * (k - 1), 96 + 64 * k);
    must(zeroPlaces.includes(k) ? point.every((b) => b === 0) : isPoint(point), `the key's point ${k}`);
}

// A proof.
const table = rows(part(proofPage, "## The proof"));
const at = Object.fromEntries(table.map(([offset, size, name]) => [plain(name), [Number(offset), Number(size)]]));
const inputsTable = rows(part(proofPage, "## Public inputs"));
const hintsTable = rows(part(proofPage, "## Hints"));
same("the end of the public inputs", contiguous("public inputs", inputsTable, 0), 192);
same("the end of the hints", contiguous("hints", hintsTable, 0), 150);
const compute = (proof, inputs) => {
    const drawn = challenges(vkHash, inputs, proof, at);
    return { drawn, hints: hints(proof, at, drawn, words(inputs, [0, 192]), 5n) };
};
if (process.argv[2] === "hints") {
    const [proof, inputs] = process.argv.slice(3).map((path) => readFileSync(path));
    for (const hint of compute(proof, inputs).hints) console.log(bytesOf(hint).toString("hex"));
    process.exit(0);
}
const [proof, inputs] = ["proof", "public_inputs"].map((name) =>
    bytes(`crates/ultrahonk/tests/fixtures/ownership/${name}`),
);
same("the end of the proof", contiguous("proof", table, 0), proof.length);
const source = text("crates/ultrahonk/src/layout.rs");
const sections = source.match(/ALL: \[Self; \d+\] = \[([^\]]*)\]/)[1].match(/(?<=Self::)\w+/g);
same("the names of the sections", Object.keys(at).join(), sections.join());
const scalars = ["LibraSum", "Univariates", "Evaluations", "LibraEvaluation", "FoldEvaluations"];
for (const [name, [offset, size]] of Object.entries(at)) {
    if (name === "PairingPoints") same(name, words(proof, [offset, size]).join(), "0,0,0,0,0,0,0,0");
    else if (scalars.includes(name) || name === "LibraPolynomialEvaluations") {
        must(words(proof, [offset, size]).every((word) => word < R), `${name} are scalars`);
    } else {
        for (let i = offset; i < offset + size; i += 64) must(isPoint(proof.subarray(i, i + 64)), `${name} at ${i}`);
    }
}
const evaluations = words(proof, at.Evaluations);
for (const k of zeroPlaces) same(`evaluation ${k}`, evaluations[k], 0n);
must(evaluations.filter((value) => value === 0n).length === zeroPlaces.length, "no other evaluation is zero");
const { drawn, hints: computed } = compute(proof, inputs);
must(roundsHold(proof, at, drawn), "the rounds of sumcheck");
must(libraHolds(proof, at, drawn), "Libra's openings");
same("hints", computed.length, 150);

// The program.
const idl = JSON.parse(text("idls/veilpass.json"));
const types = Object.fromEntries(idl.types.map(({ name, type }) => [name, type.fields]));
const SIZES = { pubkey: 32, u8: 1, bool: 1, u32: 4, u64: 8, i64: 8 };
const sizeOf = (type) => {
    if (type.array) return sizeOf(type.array[0]) * type.array[1];
    if (type.defined) return types[type.defined.name].reduce((sum, field) => sum + sizeOf(field.type), 0);
    return SIZES[type];
};
const nameOf = (type) =>
    type.array ? `${nameOf(type.array[0])} x ${type.array[1]}` : (type.defined?.name ?? type);
const discriminator = (kind, name) => createHash("sha256").update(`${kind}:${name}`).digest("hex").slice(0, 16);
const struct = (what, fields, table, start) => {
    const end = contiguous(what, table, start);
    const found = table.map(([, size, name, type]) => `${plain(name)} ${type} ${size}`).join();
    same(what, found, fields.map(({ name, type }) => `${name} ${nameOf(type)} ${sizeOf(type)}`).join());
    return end;
};
const headed = (kind, name, start, section) => {
    const [size, given] = section.match(/([\d,]+) bytes[^`]*`([0-9a-f]{16})`/).slice(1);
    same(`discriminator of ${name}`, given, discriminator(kind, name));
    same(`size of ${name}`, struct(name, types[name], rows(section), start), Number(size.replace(",", "")));
};
for (const { name } of idl.accounts) headed("account", name, 8, part(programPage, `Account \`${name}\`,`));
const rootEntry = rows(part(programPage, "`RootEntry`, 56 bytes"));
same("size of RootEntry", struct("RootEntry", types.RootEntry, rootEntry, 0), 56);
for (const { name } of idl.events) headed("event", name, 16, part(programPage, `### Event ${name}\n`));

const listed = rows(part(programPage, "## Instructions"));
same("instructions", listed.map(([name]) => plain(name)).join(), idl.instructions.map(({ name }) => name).join());
for (const [i, { name, args, accounts }] of idl.instructions.entries()) {
    const [, given, data, named] = listed[i];
    same(`discriminator of ${name}`, plain(given), discriminator("global", name));
    same(`data of ${name}`, plain(data), args.map((arg) => `${arg.name} ${nameOf(arg.type)}`).join(", "));
    const flags = ({ writable, signer }) => (writable || signer ? ` (${writable ? "w" : ""}${signer ? "s" : ""})` : "");
    const all = accounts.map((account) => account.name + flags(account)).join(", ");
    const short = all.replace("event_authority, program", "event").replace("system_program", "system");
    same(`accounts of ${name}`, named, short);
}

for (const failure of failures) console.error(failure);
if (failures.length === 0) console.log("proof, key, hints, accounts, instructions and events are as the pages say");
process.exit(failures.length === 0 ? 0 : 1);
