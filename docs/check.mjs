// Checks the documentation without a network: every relative link and its anchor, every test named as `FILE::TEST`,
// every file and route that is named, and by the other two scripts every vector and every offset.
//
//     node docs/check.mjs      says what is wrong; exit code 1 then
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root })
    .toString()
    .trim()
    .split("\n");
const pages = tracked.filter((path) => path.endsWith(".md") && existsSync(join(root, path)));
const read = (path) => readFileSync(join(root, path), "utf8");
const failures = [];
const fail = (page, what) => failures.push(`${page}: ${what}`);

/** Anchors of a page's headings, as the usual renderers make them: equal ones are numbered. */
function anchors(page) {
    const seen = new Map();
    return withoutCode(read(page))
        .split("\n")
        .filter((line) => /^#{1,6} /.test(line))
        .map((line) => {
            const text = line.replace(/^#+ /, "").replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
            const slug = text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-");
            const count = seen.get(slug) ?? 0;
            seen.set(slug, count + 1);
            return count === 0 ? slug : `${slug}-${count}`;
        });
}
const withoutCode = (text) => text.replaceAll(/^```[^\n]*\n[\s\S]*?^```$/gm, "");

let links = 0;
for (const page of pages) {
    for (const [, target] of withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?|mailto):/.test(target)) continue;
        links += 1;
        const [path, anchor] = target.split("#");
        const file = path === "" ? page : normalize(join(dirname(page), path));
        if (!existsSync(join(root, file))) fail(page, `the link ${target} leads nowhere`);
        else if (anchor && file.endsWith(".md") && !anchors(file).includes(anchor)) fail(page, `no heading ${target}`);
    }
}

const TEST =
    /#\[(?:(?:tokio|sqlx)::)?test(?:\([^\]]*\))?\]\s*(?:#\[[^\]]*\]\s*|\/\/[^\n]*\n\s*)*(?:pub )?(?:async )?fn (\w+)/g;
/** Names of the tests of a Rust file: functions that are marked so, and those inside `proptest!`. */
function testsOf(path) {
    const source = read(path);
    const marked = [...source.matchAll(TEST)];
    const drawn = source.split("proptest! {").slice(1).flatMap((block) => [...block.matchAll(/fn (\w+)\(/g)]);
    return [...marked, ...drawn].map(([, name]) => name);
}
let tests = 0;
for (const page of pages) {
    for (const [, path, name] of withoutCode(read(page)).matchAll(/`([\w./-]+\.rs)::(\w+)`/g)) {
        tests += 1;
        if (!tracked.includes(path)) fail(page, `${path} of the test ${name} does not exist`);
        else if (!testsOf(path).includes(name)) fail(page, `${path} has no test ${name}`);
    }
}

// Files that are named from the root, and routes. Pages of a package name files of their own, so only these pages.
const routes = [...Object.keys(JSON.parse(read("api/openapi.json")).paths)];
const own = pages.filter((page) => page === "SECURITY.md" || page === "ARCHITECTURE.md" || page.startsWith("docs/"));
for (const page of own) {
    // The label of a link may be shorter than the path that it leads to.
    const text = withoutCode(read(page)).replaceAll(/\[[^\]]*\]\([^)]*\)/g, "");
    for (const [, path] of text.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:rs|nr|sql|json|toml|mjs|md|ts|yml))`/g)) {
        if (!existsSync(join(root, path))) fail(page, `there is no file ${path}`);
    }
    for (const [, path] of text.matchAll(/`(?:GET|POST|DELETE|HEAD) (\/(?:v1|\.well-known)[^\s`?]*)[^`]*`/g)) {
        const shape = (route) => route.replaceAll(/\{[^}]*\}/g, "{}");
        if (!routes.some((route) => shape(route) === shape(path))) fail(page, `the API has no route ${path}`);
    }
}

// Codes of errors are those that the API or a job has.
const codes = tracked
    .filter((path) => /^(api\/src|crates\/store\/src\/jobs|crates\/siws\/src)\/.*\.rs$/.test(path))
    .flatMap((path) => [...read(path).matchAll(/"([a-z]+(?:[-_][a-z]+)*)"/g)].map(([, code]) => code));
for (const [, cell] of read("docs/integration.md").split("## Errors")[1].split("\n## ")[0].matchAll(/^\| (`[^|]*) \|/gm)) {
    for (const [, code] of cell.matchAll(/`([^`]+)`/g)) {
        if (!codes.includes(code)) fail("docs/integration.md", `there is no error ${code}`);
    }
}

// Metrics and settings that are named exist. A name is written out where it is used, so that it can be found.
const rust = tracked.filter((path) => path.endsWith(".rs")).map(read).join("\n");
const settings = read("config/veilpass.toml");
for (const page of own) {
    const text = withoutCode(read(page));
    for (const [, name] of text.matchAll(/`(veilpass_[a-z0-9_]+)/g)) {
        if (!rust.includes(`"${name}`)) fail(page, `there is no metric ${name}`);
    }
    for (const [, name] of text.matchAll(/\b(VEILPASS_[A-Z_]+)\b/g)) {
        if (!settings.includes(name) && !rust.includes(`"${name}"`)) fail(page, `there is no setting ${name}`);
    }
}

// The policies on the page are those that the pages have, line breaks aside.
const policies = JSON.parse(read("web/headers.json"));
const flat = read("docs/integration.md").replaceAll(/\s+/g, " ");
for (const [kind, headers] of Object.entries(policies)) {
    if (!flat.includes(headers["content-security-policy"])) fail("docs/integration.md", `another policy of a ${kind}`);
}

for (const script of ["vectors.mjs", "layout.mjs"]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "docs", script)]);
    if (status === 0) process.stdout.write(stdout);
    else fail(`docs/${script}`, stderr.toString().trim());
}
for (const failure of failures) console.error(failure);
if (failures.length === 0) console.log(`${pages.length} pages, ${links} links, ${tests} named tests: all there`);
process.exit(failures.length === 0 ? 0 : 1);
