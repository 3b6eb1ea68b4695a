// Ports, probes, hardening and reach of what the chart and compose run.
import { existsSync } from 'node:fs';
import { check } from './report.mjs';
import { root, text } from './settings.mjs';
import { chart, compose, ours, phases, pods, railway, railwayFile, stages } from './sources.mjs';

const port = (address) => Number(address.match(/:(\d+)$/)[1]);
const PATHS = { 9090: ['/livez', '/readyz'], 8080: ['/livez', '/readyz', '/healthz'] };

export async function checkImages() {
  const all = stages();
  await check('images: a number as user, health where a port is, an end by signal', (assert) => {
    for (const name of ours) {
      const stage = all[name];
      assert.equal(stage.user, '10001:10001', name);
      if (!stage.health) assert.deepEqual(stage.ports, [], `${name} has ports and no health check`);
      else if (stage.health[0] === 'healthcheck') assert.ok(stage.ports.includes(stage.health[1]), name);
      if (stage.env.VEILPASS_OPS_LISTEN)
        assert.ok(stage.ports.includes(String(port(stage.env.VEILPASS_OPS_LISTEN))), name);
    }
    assert.equal(all.web.stop, 'SIGQUIT');
    assert.equal(all.runtime.stop, 'SIGTERM');
  });
  await check('images: every base has a tag, and is an argument', (assert) => {
    const docker = text('infra/docker/Dockerfile');
    const bases = [...docker.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, image]) => image);
    assert.ok(bases.length >= 4);
    for (const image of bases) assert.match(image, /^[a-z/-]+:\d[\w.-]+$/);
    for (const { from } of Object.values(all))
      assert.ok(from in all || /^\$\{\w+\}$/.test(from) || from === 'scratch', from);
  });
  await check('images: what is copied is there, and the build may see it', (assert) => {
    const allowed = text('infra/docker/Dockerfile.dockerignore')
      .match(/^!.+$/gm)
      .map((line) => line.slice(1));
    const seen = (path) => allowed.some((entry) => path === entry || path.startsWith(`${entry}/`));
    const copied = text('infra/docker/Dockerfile')
      .match(/^COPY (?!--from).+$/gm)
      .flatMap((line) => line.split(' ').slice(1, -1))
      .filter((path) => !path.startsWith('--') && path !== '.');
    assert.ok(copied.length > 10);
    // Cargo wants every member of its workspace, whichever one is built.
    const members = text('Cargo.toml')
      .match(/^members = \[([^\]]*)\]/m)[1]
      .match(/[\w/-]+/g);
    for (const path of [...copied, ...members]) {
      assert.ok(existsSync(new URL(path, root)), `${path} is not there`);
      assert.ok(seen(path), `${path} is ignored`);
    }
  });
  await check('the paths of health are served', (assert) => {
    const [ops, api] = [text('crates/telemetry/src/ops.rs'), text('api/src/routes/health.rs')];
    for (const path of ['/livez', '/readyz']) assert.ok(ops.includes(`"${path}"`) && api.includes(`"${path}"`), path);
    assert.ok(text('infra/docker/web/nginx.conf').includes('location = /healthz'));
  });
  await check('railway: health is asked at the port that serves it', (assert) => {
    for (const [service, variables] of Object.entries(railway())) {
      const { build, deploy } = railwayFile(service);
      assert.equal(build.dockerfilePath, 'infra/docker/Dockerfile');
      assert.equal(variables.SERVICE, service);
      if (!deploy.healthcheckPath) continue;
      const listens = service === 'api' || service === 'web' ? 8080 : port(variables.VEILPASS_OPS_LISTEN);
      assert.equal(Number(variables.PORT), listens, service);
      assert.ok(PATHS[listens].includes(deploy.healthcheckPath), service);
      assert.ok(deploy.drainingSeconds >= 35, service);
    }
  });
}

export async function checkCompose(folder) {
  const { services, networks } = compose(folder);
  await check('compose: hardened, limited, and asked for health', (assert) => {
    for (const [name, service] of Object.entries(services)) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.match(service.user, /^\d+:\d+$/, name);
      const { cpus, memory, pids } = service.deploy.resources.limits;
      assert.ok(cpus && memory && pids, name);
      const once = service.restart === 'no';
      assert.ok(once || service.healthcheck || stages()[name]?.health, `${name} has no health check`);
      assert.match(service.image, /:[^:]*\d/, name);
    }
  });
  await check('compose: the prover has no way out, and little company', (assert) => {
    for (const network of Object.keys(services.prover.networks))
      assert.equal(networks[network].internal, true, network);
    const company = Object.keys(services).filter(
      (name) => name !== 'prover' && Object.keys(services[name].networks).some((n) => n in services.prover.networks),
    );
    assert.deepEqual(company.sort(), ['postgres', 'prometheus', 'redis']);
    const published = Object.keys(services).filter((name) => services[name].ports?.length);
    assert.deepEqual(published.sort(), ['api', 'grafana', 'local-chain', 'web']);
    for (const name of published)
      for (const { host_ip } of services[name].ports) assert.equal(host_ip, '127.0.0.1', name);
  });
  await check('compose: health is asked at the port that serves it, and services get time to end', (assert) => {
    for (const name of ['api', 'prover', 'indexer', 'relayer']) {
      const { environment, healthcheck, stop_grace_period: grace } = services[name];
      const [, command, asked, path] = healthcheck.test;
      assert.equal(command, 'healthcheck', name);
      assert.equal(asked, name === 'api' ? environment.PORT : String(port(environment.VEILPASS_OPS_LISTEN)), name);
      assert.ok(PATHS[asked].includes(path), name);
      assert.equal(grace, '35s', name);
    }
  });
}

export async function checkChart(folder) {
  for (const phase of phases) {
    const documents = chart(folder, phase);
    const running = pods(documents);
    await check(`chart ${phase}: pods are locked up`, (assert) => {
      assert.equal(running.length, 6);
      for (const { component, pod } of running) {
        assert.equal(pod.automountServiceAccountToken, false, component);
        assert.equal(pod.enableServiceLinks, false, component);
        assert.equal(pod.securityContext.runAsNonRoot, true, component);
        assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault', component);
        for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
          const { allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities } = container.securityContext;
          assert.deepEqual(
            [allowPrivilegeEscalation, readOnlyRootFilesystem, capabilities.drop],
            [false, true, ['ALL']],
          );
          assert.ok(container.resources.limits.cpu && container.resources.limits.memory, component);
          assert.match(container.image, /(:\d[\w.]*|@sha256:[0-9a-f]{64})$/, component);
        }
        const grace = component === 'migrate' ? 35 : pod.terminationGracePeriodSeconds;
        assert.ok(grace >= 35, component);
      }
    });
    await check(`chart ${phase}: probes, services and policies name ports that are there`, (assert) => {
      for (const { component, labels, pod } of running) {
        const [{ ports = [], env = [], ...container }] = pod.containers;
        const value = (name) => env.find((variable) => variable.name === name)?.value;
        for (const { name, containerPort } of ports) {
          if (name === 'ops') assert.equal(containerPort, port(value('VEILPASS_OPS_LISTEN')), component);
          if (name === 'http' && component === 'api') assert.equal(String(containerPort), value('PORT'));
        }
        for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
          const asked = container[probe]?.httpGet;
          if (!asked) continue;
          const { containerPort } = ports.find(({ name }) => name === asked.port);
          assert.ok(PATHS[containerPort].includes(asked.path), `${component} ${probe}`);
        }
        const selects = ({ spec: { selector } }) => Object.entries(selector).every(([k, v]) => labels[k] === v);
        for (const service of documents.filter(({ kind }) => kind === 'Service').filter(selects)) {
          for (const { targetPort } of service.spec.ports) assert.ok(ports.some(({ name }) => name === targetPort));
        }
        if (ports.length === 0) continue;
        assert.ok(
          documents.some((document) => document.kind === 'Service' && selects(document)),
          component,
        );
      }
    });
    await check(
      `chart ${phase}: nobody reaches a prover but for its metrics, and it reaches data and names only`,
      (assert) => {
        const policies = documents.filter(({ kind }) => kind === 'NetworkPolicy');
        const of = (name) => policies.find(({ metadata }) => metadata.name === `veilpass-${name}`).spec;
        assert.deepEqual(of('deny').policyTypes, ['Ingress', 'Egress']);
        assert.ok(!of('deny').ingress && !of('deny').egress);
        const ports = (rules) => rules.flatMap((rule) => rule.ports.map((p) => p.port)).sort();
        assert.deepEqual(ports(of('prover').ingress), [9090]);
        assert.deepEqual(ports(of('prover').egress), [53, 53, 5432, 6379]);
        for (const rule of of('prover').egress) assert.ok(rule.to.length > 0);
        assert.ok(!of('web').egress && !of('migrate').ingress);
        for (const { labels } of running) {
          const matching = policies.filter(({ spec: { podSelector } }) =>
            Object.entries(podSelector.matchLabels).every(([k, v]) => labels[k] === v),
          );
          assert.equal(matching.length, 2, JSON.stringify(labels));
        }
      },
    );
  }
  await check('chart: KEDA asks the committed query, and divides by the workers of a pod', (assert) => {
    for (const phase of ['medium', 'large']) {
      const documents = chart(folder, phase);
      const { spec } = documents.find(({ kind }) => kind === 'ScaledObject');
      const [{ type, metadata, authenticationRef }] = spec.triggers;
      assert.equal(type, 'postgresql');
      const flat = (sql) =>
        sql
          .replace(/--[^\n]*/g, '')
          .replace(/\s+/g, ' ')
          .trim();
      assert.equal(flat(metadata.query), flat(text('infra/helm/veilpass/files/workers-wanted.sql')));
      const prover = pods(documents).find(({ component }) => component === 'prover');
      const workers = prover.pod.containers[0].env.find(({ name }) => name === 'VEILPASS_WORKERS').value;
      assert.equal(metadata.targetQueryValue, workers);
      assert.ok(
        documents.some((d) => d.kind === 'TriggerAuthentication' && d.metadata.name === authenticationRef.name),
      );
      assert.equal(prover.replicas, undefined);
    }
  });
}
