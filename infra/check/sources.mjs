// The environment, ports and health checks of each component, as each way of deployment has them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from './settings.mjs';

/** The stages of the Dockerfile by name: what they are from, their ENV, EXPOSE and HEALTHCHECK. */
export function stages() {
  const found = {};
  let stage;
  for (const line of text('infra/docker/Dockerfile').replaceAll('\\\n', ' ').split('\n')) {
    const from = line.match(/^FROM (\S+) AS (\S+)$/);
    if (from) {
      stage = { from: from[1], env: { ...found[from[1]]?.env }, ports: [], user: found[from[1]]?.user };
      found[from[2]] = stage;
    }
    for (const [, name, value] of line.match(/^ENV /) ? line.slice(4).matchAll(/(\w+)=("[^"]*"|\S+)/g) : []) {
      stage.env[name] = value;
    }
    if (line.startsWith('EXPOSE ')) stage.ports = line.slice(7).trim().split(' ');
    if (line.startsWith('USER ')) stage.user = line.slice(5);
    const health = line.match(/^HEALTHCHECK .*CMD (\[.*\])$/);
    if (health) stage.health = JSON.parse(health[1]);
    if (line.startsWith('STOPSIGNAL ')) stage.stop = line.slice(11);
  }
  return found;
}

/** Components whose variables these are: compose's services that are ours. */
export function compose(folder) {
  const { services, networks } = JSON.parse(readFileSync(join(folder, 'compose.json'), 'utf8'));
  return { services, networks };
}

export const ours = ['api', 'prover', 'indexer', 'relayer', 'web', 'migrate', 'tools', 'local-chain'];

/** A phase of the chart, rendered: all its documents. */
export function chart(folder, phase) {
  return JSON.parse(readFileSync(join(folder, `chart-${phase}.json`), 'utf8')).filter(Boolean);
}
export const phases = ['small', 'medium', 'large'];

/** The pods of a rendered chart: component, pod, and what they are of. */
export function pods(documents) {
  return documents
    .filter(({ kind }) => kind === 'Deployment' || kind === 'Job')
    .map((document) => ({
      component: document.metadata.labels['app.kubernetes.io/component'],
      labels: document.spec.template.metadata.labels,
      pod: document.spec.template.spec,
      replicas: document.spec.replicas,
    }));
}

export const railway = () => JSON.parse(text('infra/railway/variables.json'));
export const railwayFile = (service) => JSON.parse(text(`infra/railway/${service}/railway.json`));

/** Variables of every source: [where, component, {name: value}], null for those whose value is elsewhere. */
export function environments(folder) {
  const all = [];
  for (const [name, stage] of Object.entries(stages()))
    if (ours.includes(name)) all.push(['Dockerfile', name, stage.env]);
  for (const [name, variables] of Object.entries(railway())) all.push(['railway', name, variables]);
  if (!folder) return all;
  for (const [name, service] of Object.entries(compose(folder).services)) {
    if (!ours.includes(name)) continue;
    const files = (service.secrets ?? [])
      .map(({ target, source }) => target ?? source)
      .filter((n) => /^[A-Z_]+$/.test(n));
    all.push(['compose', name, { ...service.environment, ...Object.fromEntries(files.map((file) => [file, null])) }]);
  }
  for (const phase of phases) {
    for (const { component, pod } of pods(chart(folder, phase))) {
      for (const { env = [] } of pod.containers) {
        all.push([`chart ${phase}`, component, Object.fromEntries(env.map((e) => [e.name, e.value ?? null]))]);
      }
    }
  }
  return all;
}
