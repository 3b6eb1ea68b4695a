// headers.mjs HEADERS.JSON DIR: writes DIR/headers-{page,worker}.conf.template, which nginx' image fills with the origins of
// its environment when it starts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';

const [from, to] = argv.slice(2);
mkdirSync(to, { recursive: true });
for (const [kind, headers] of Object.entries(JSON.parse(readFileSync(from, 'utf8')))) {
  const lines = Object.entries(headers).map(([name, value]) => {
    if (/["\\$;\n]/.test(value.replaceAll(';', ''))) throw new Error(`${kind}: ${name} cannot be quoted for nginx`);
    const filled = value.replaceAll('{api}', `\${VEILPASS_API_ORIGIN}`).replaceAll('{rpc}', `\${VEILPASS_RPC_ORIGIN}`);
    return `add_header ${name} "${filled}" always;`;
  });
  writeFileSync(join(to, `headers-${kind}.conf.template`), `${lines.join('\n')}\n`);
}
