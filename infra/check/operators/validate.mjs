// validate.mjs FILE...: resources of KEDA, the Prometheus operator and External Secrets in documents as JSON, against the
// schemas of their packages. Fields that a schema does not know pass.
import { readFileSync } from 'node:fs';
import { argv } from 'node:process';

const packages = {
  'keda.sh/v1alpha1': await import('@kubernetes-models/keda/keda.sh/v1alpha1'),
  'monitoring.coreos.com/v1': await import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'),
  'external-secrets.io/v1': await import('@kubernetes-models/external-secrets/external-secrets.io/v1'),
};
let count = 0;
for (const file of argv.slice(2)) {
  for (const document of JSON.parse(readFileSync(file, 'utf8'))) {
    const kinds = packages[document?.apiVersion];
    if (!kinds) continue;
    const Kind = kinds[document.kind];
    if (!Kind) throw new Error(`${document.apiVersion} has no ${document.kind}`);
    try {
      new Kind(document).validate();
    } catch (error) {
      throw new Error(`${file}: ${document.kind} ${document.metadata.name}: ${error.message}`);
    }
    count += 1;
  }
}
if (count === 0) throw new Error('there was nothing to validate');
console.log(`${count} resources`);
