// fetch-crs.mjs PINS DIR: as many points of the Aztec Ignition reference string as pins.env says, and its point of G2, from
// where bb fetches its own. The bytes are checked afterwards, by cut-crs.sh.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv } from 'node:process';

const POINTS = Number(/^OWNERSHIP_CRS_POINTS=(\d+)$/m.exec(readFileSync(argv[2], 'utf8'))[1]);
const SOURCES = ['https://crs.aztec-cdn.foundation', 'https://crs.aztec-labs.com'];
const FILES = { 'g1.dat': ['bn254_g1.dat', POINTS * 64], 'g2.dat': ['bn254_g2.dat', 128] };

for (const [name, [to, bytes]] of Object.entries(FILES)) {
  writeFileSync(join(argv[3], to), await first(name, bytes));
}

async function first(name, bytes) {
  for (const source of SOURCES) {
    try {
      const response = await fetch(`${source}/${name}`, { headers: { range: `bytes=0-${bytes - 1}` } });
      if (response.status !== 206 && response.status !== 200) throw new Error(`status ${response.status}`);
      return Buffer.from(await response.arrayBuffer()).subarray(0, bytes);
    } catch (error) {
      console.error(`${source}/${name}: ${error.message}`);
    }
  }
  throw new Error(`${name} could not be fetched: give the folder of one with --build-context crs=DIR`);
}
