import { readdirSync, readFileSync } from 'node:fs';

const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The process ended meanwhile.
    return '';
  }
};

/** Most resident memory that a renderer of the browser with this profile had, in MB. */
export function rendererPeakMegabytes(profile) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parent = (pid) => Number(read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[1] ?? 0);
  const isOurs = (pid) => {
    for (let at = Number(pid), depth = 0; at > 1 && depth < 8; at = parent(at), depth++) {
      if (read(`/proc/${at}/cmdline`).includes(profile)) return true;
    }
    return false;
  };
  const peaks = pids
    .filter((pid) => read(`/proc/${pid}/cmdline`).includes('--type=renderer') && isOurs(pid))
    .map((pid) => Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0));
  return Math.round(Math.max(0, ...peaks) / 1024);
}

/** The page's own JavaScript heap in use, in MB. */
export async function heapMegabytes(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const used = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
  return Math.round((used / 1024 / 1024) * 10) / 10;
}
