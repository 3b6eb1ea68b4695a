/** What is shown where nothing is known: never a zero. */
export const NO_DATA = 'no data';

type Known = number | null;

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

function of(value: Known, text: (value: number) => string): string {
  return value === null || Number.isNaN(value) ? NO_DATA : text(value);
}

/** A whole number. */
export function count(value: Known): string {
  return of(value, (value) => plain.format(value));
}

/** Bytes as MB (10^6) or GB. */
export function bytes(value: Known): string {
  return of(value, (value) => {
    if (value >= 1e9) return `${fine.format(value / 1e9)} GB`;
    return `${value >= 1e8 ? plain.format(value / 1e6) : fine.format(value / 1e6)} MB`;
  });
}

/** A length of time, in its usual unit. */
export function seconds(value: Known): string {
  return of(value, (value) => {
    if (value === 0) return '0 s';
    if (value < 0.9995) return `${fine.format(value * 1000)} ms`;
    if (value < 120) return `${fine.format(value)} s`;
    if (value < 7200) return `${plain.format(value / 60)} min`;
    if (value < 172_800) return `${fine.format(value / 3600)} h`;
    return `${fine.format(value / 86_400)} d`;
  });
}

/** A share, as a percentage. */
export function percent(value: Known): string {
  return of(value, (value) => {
    const inPercent = value * 100;
    // What is not all must not look like all.
    if (inPercent < 100 && inPercent > 99.9) return '>99.9 %';
    return `${fine.format(inPercent)} %`;
  });
}

/** So many in a second, or in a minute when that reads better. */
export function rate(value: Known): string {
  return of(value, (value) => {
    if (value === 0) return '0 /s';
    return value < 0.95 ? `${fine.format(value * 60)} /min` : `${fine.format(value)} /s`;
  });
}

/** Lamports as SOL. */
export function sol(value: Known): string {
  return of(value, (value) => `${fine.format(value / 1e9)} SOL`);
}

/** A name of the services in words. */
export function words(name: string): string {
  return name.replaceAll('_', ' ').replaceAll('-', ' ');
}
