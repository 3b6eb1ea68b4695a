// Which environment variables each service knows, from config/veilpass.toml.
import { readFileSync } from 'node:fs';

/** The root of the repository. */
export const root = new URL('../../', import.meta.url);
export const text = (path) => readFileSync(new URL(path, root), 'utf8');

/** What is known beside the file: what programs other than our services read. */
const BESIDE = {
  api: ['CRS_PATH'],
  prover: ['CRS_PATH'],
  indexer: [],
  relayer: ['VEILPASS_FEE_PAYER_KEY'],
  migrate: ['DATABASE_URL', 'VEILPASS_ROOT'],
  tools: ['DATABASE_URL', 'VEILPASS_RPC_URL', 'VEILPASS_MASTER_KEY', 'VEILPASS_ROOT'],
  web: [
    'VEILPASS_API_ORIGIN',
    'VEILPASS_RPC_ORIGIN',
    'VEILPASS_PAGE_CONFIG',
    'NGINX_ENVSUBST_OUTPUT_DIR',
    'NGINX_ENVSUBST_FILTER',
  ],
  'local-chain': [],
};
/** Of images: the log's form is for services, and harmless elsewhere. */
const EVERYWHERE = ['HOME', 'VEILPASS_LOG_FORMAT'];
/** Settings that these files use and the services are still to get. Once they have them, they are checked like any. */
export const AWAITED = {
  api: ['VEILPASS_OPS_PAGES'],
  indexer: ['VEILPASS_OPS_LISTEN'],
  relayer: ['VEILPASS_OPS_LISTEN'],
};

const documented = {};
const secret = new Set(['VEILPASS_FEE_PAYER_KEY']);
let service = '';
for (const line of text('config/veilpass.toml').split('\n')) {
  const table = line.match(/^\[(\w+)\]$/);
  if (table) service = table[1];
  const setting = line.match(/^#[a-z-]+ = .*# \((\w+)\)$/)?.[1];
  const hidden = line.match(/^# A secret: set (\w+) in the environment\.$/)?.[1];
  if (hidden) secret.add(hidden);
  if (setting ?? hidden) documented[service] = [...(documented[service] ?? []), setting ?? hidden];
}
export const services = ['api', 'prover', 'indexer', 'relayer'];
for (const name of services)
  if (!documented[name]?.length) throw new Error(`config/veilpass.toml has no settings of ${name}`);

/** The variables that are secrets: never with a value in a file. */
export const secrets = secret;
/** Whether the file has the setting. */
export const isDocumented = (component, name) => documented[component]?.includes(name) ?? false;
/** Whether a variable means something to this component. */
export const isKnown = (component, name) =>
  isDocumented(component, name) ||
  BESIDE[component].includes(name) ||
  EVERYWHERE.includes(name) ||
  (AWAITED[component]?.includes(name) ?? false);
/** Settings that are awaited still. */
export const awaited = () =>
  Object.entries(AWAITED).flatMap(([component, names]) =>
    names.filter((name) => !isDocumented(component, name)).map((name) => `${component} ${name}`),
  );
