// Changes that cargo-mutants does not make: it looks at functions and operators, not into macros, attributes or texts,
// and removes no statement.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Words that begin what is not a statement of its own. */
const NO_STATEMENT =
  /^(let|return|use|pub|const|static|type|mod|fn|impl|for|while|loop|if|match|unsafe|extern|break|continue|struct|enum|else|macro_rules|where|trait)\b/;

/** Replacements within a line: what, how, what to call it. */
const WITHIN_LINES = [
  // A comparison with its boundary moved. cargo-mutants turns `>=` into `<`.
  { find: / >= /g, replace: ' > ' },
  { find: / <= /g, replace: ' < ' },
  { find: /\.\.=/g, replace: '..' },
  { find: /\b1\.\.=/g, replace: '0..=' },
  // Domains of hashes, seeds of addresses, constants of a field.
  { find: /veilpass\.v1\./g, replace: 'veilpass.v2.' },
  { find: /(?<=\bb")[a-z]+(?=")/g, replace: 'other' },
  { find: /(?<=MontFp!\("\d+)\d(?="\))/g, replace: (digit) => String((Number(digit) + 1) % 10) },
];

/** Within the arguments of a check that is a macro. */
const WITHIN_CHECKS = [
  { find: / == /g, replace: ' != ' },
  { find: / != /g, replace: ' == ' },
  { find: / && /g, replace: ' || ' },
  { find: / \|\| /g, replace: ' && ' },
  { find: / < /g, replace: ' <= ' },
  { find: / > /g, replace: ' >= ' },
  // Without its first condition, or without a later one.
  { find: /(?<=^require!\()[^&|,]+ && /g, replace: '' },
  { find: / && [^&|,]+?(?= &&|,|\))/g, replace: '' },
];

/** Conditions that Anchor checks because an attribute or a type says so. */
const CONSTRAINTS = [
  { find: /,?\s*has_one = \w+ @ [\w:]+/g, replace: '' },
  { find: /,?\s*close = \w+/g, replace: '' },
  { find: /\bzero\b(?=\)\])/g, replace: 'mut' },
  { find: /(?<=pub \w+: )Signer(?=<)/g, replace: 'UncheckedAccount' },
  { find: /(?<=pub \w+: )Program<'info, System>/g, replace: "UncheckedAccount<'info>" },
];

/** The changes of a folder's sources, except the files `skip`: `{ name, path, text }`, the file's new text with it. */
export function mutantsOf(tree, folder, skip = []) {
  const files = readdirSync(join(tree, folder), { recursive: true }).filter(
    (file) => file.endsWith('.rs') && !/(^|\/)tests(\/|\.rs$)/.test(file) && !skip.includes(file),
  );
  return files.sort().flatMap((file) => {
    const path = `${folder}/${file}`;
    const found = mutants(readFileSync(join(tree, path), 'utf8'));
    return found.map(({ place, what, text }) => ({ name: `${path}:${place}: ${what}`, path, text }));
  });
}

/** The changes of one file. Tests within it stay as they are. */
export function mutants(source) {
  const end = source.search(/^#\[cfg\((all\()?test\b.*\n(?:#.*\n)*mod /m);
  const code = end < 0 ? source : source.slice(0, end);
  const found = [];
  const add = (start, stop, replacement, what) =>
    found.push({ place: place(code, start), what, text: source.slice(0, start) + replacement + source.slice(stop) });
  const replaceAll = (from, to, rules) => {
    for (const { find, replace } of rules) {
      for (const match of code.slice(from, to).matchAll(find)) {
        const start = from + match.index;
        if (isComment(code, start)) continue;
        const replacement = typeof replace === 'string' ? replace : replace(match[0]);
        add(
          start,
          start + match[0].length,
          replacement,
          `${match[0].trim()} becomes ${replacement.trim() || 'nothing'}`,
        );
      }
    }
  };

  replaceAll(0, code.length, WITHIN_LINES);
  if (code.includes('anchor_lang')) replaceAll(0, code.length, CONSTRAINTS);
  for (const { start, stop } of statements(code)) {
    const text = code.slice(start, stop);
    add(start, stop, '', `removed: ${text.replaceAll(/\s+/g, ' ').slice(0, 90)}`);
    if (/^(require|assert)\w*!/.test(text)) replaceAll(start, stop, WITHIN_CHECKS);
  }
  return found;
}

/** Statements that stand alone: calls, assignments, checks. */
function* statements(code) {
  let ended = true;
  let offset = 0;
  const lines = code.split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index].trim();
    const start = offset + lines[index].indexOf(line);
    offset += lines[index].length + 1;
    if (line === '' || line.startsWith('//') || line.startsWith('#')) continue;
    const begins = ended && /^[a-z_*(]/.test(line) && !NO_STATEMENT.test(line) && lines[index].startsWith('    ');
    ended = /[;{}]$/.test(line);
    if (!begins) continue;
    const stop = endOfStatement(code, start);
    if (stop !== undefined) yield { start, stop };
  }
}

/** Where the statement that begins at `start` has its semicolon; nothing for an expression that a block ends with. */
function endOfStatement(code, start) {
  let depth = 0;
  for (let index = start; index < code.length; index += 1) {
    const character = code[index];
    if ('([{'.includes(character)) depth += 1;
    if (')]}'.includes(character)) depth -= 1;
    if (depth < 0) return undefined;
    if (depth === 0 && character === ';') return index + 1;
  }
  return undefined;
}

function isComment(code, index) {
  const start = code.lastIndexOf('\n', index) + 1;
  return code.slice(start, index).includes('//');
}

/** Line and column, from 1. */
function place(code, index) {
  const before = code.slice(0, index).split('\n');
  return `${before.length}:${before.at(-1).length + 1}`;
}
