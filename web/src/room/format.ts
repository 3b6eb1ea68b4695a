const NUMBER = new Intl.NumberFormat('en');

/** A count with separators: `12,402`. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** A position in a recording, in seconds: `1:07`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** A duration as it was measured, in milliseconds: `87 ms`, `1.24 s`. */
export function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}

/** How long until something, in seconds, in the two units that matter: `12 days 4 h`, `3 min 20 s`. */
export function remaining(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(left / 86_400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60];
  if (days > 0) return `${days} ${days === 1 ? 'day' : 'days'} ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${left % 60} s` : `${left} s`;
}

/** An address or hash that has to be recognised, not copied: its first and last characters. */
export function abbreviate(text: string, head = 4, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** For a screen reader: `1 minute 7 seconds of 2 minutes`. */
export function spokenPosition(at: number, of: number): string {
  return `${spoken(at)} of ${spoken(of)}`;
}

function spoken(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  const unit = (value: number, name: string) => `${value} ${name}${value === 1 ? '' : 's'}`;
  return minutes > 0 ? `${unit(minutes, 'minute')} ${unit(rest, 'second')}` : unit(rest, 'second');
}
