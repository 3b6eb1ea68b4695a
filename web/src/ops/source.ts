import type { Report } from './model.ts';

/** The key is not one of this listener's. */
export class NotAnOperator extends Error {}

/** There is no answer now; the words are for operators. */
export class NoAnswer extends Error {}

const PATIENCE_MS = 10_000;

/** Asks for the last reports of all processes. */
export async function reports(key: string, stop: AbortSignal): Promise<Report[]> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]);
  let response: Response;
  try {
    response = await fetch('v1/metrics', {
      headers: { authorization: `Bearer ${key}`, accept: 'application/json' },
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal,
    });
  } catch (error) {
    if (stop.aborted) throw error;
    throw new NoAnswer('The API does not answer.');
  }
  if (response.status === 401) throw new NotAnOperator('This key is not one of this listener.');
  if (response.status === 429) throw new NoAnswer('This address asks too often; it is asked again in a moment.');
  if (!response.ok) throw new NoAnswer(`The API answers with status ${response.status}.`);
  const body: unknown = await response.json().catch(() => null);
  if (!Array.isArray(body) || !body.every(isReport)) throw new NoAnswer('The API answers something else than reports.');
  return body;
}

function isReport(value: unknown): value is Report {
  const report = value as Partial<Record<keyof Report, unknown>> | null;
  return (
    typeof report === 'object' &&
    report !== null &&
    typeof report.service === 'string' &&
    typeof report.instance === 'string' &&
    typeof report.age_seconds === 'number' &&
    typeof report.metrics === 'string'
  );
}
