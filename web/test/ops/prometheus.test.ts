import { expect, test } from 'vitest';
import { parse } from '../../src/ops/prometheus.ts';

test('a sample is a name, labels and a value', () => {
  const [plain, labelled] = parse(
    '# HELP up Whether\n# TYPE up gauge\nup 1\nrequests_total{path="/a",method="GET"} 2.5e3 1700\n',
  );
  expect(plain).toEqual({ name: 'up', labels: {}, value: 1, key: 'up' });
  expect(labelled?.labels).toEqual({ path: '/a', method: 'GET' });
  expect(labelled?.value).toBe(2500);
});

test('labels may hold what stands around them', () => {
  const [sample] = parse('x{a="b\\"c,d=\\"e",f="{g}",h="i\\\\j\\nk"} 3');
  expect(sample?.labels).toEqual({ a: 'b"c,d="e', f: '{g}', h: 'i\\j\nk' });
});

test('numbers beyond numbers are read, and what is no sample is left out', () => {
  const samples = parse('a{le="+Inf"} +Inf\nb NaN\nno value\nc{broken} 1\nd 12x\n');
  expect(samples.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(samples[0]?.value).toBe(Number.POSITIVE_INFINITY);
  expect(samples[1]?.value).toBeNaN();
});
