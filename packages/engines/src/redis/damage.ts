import { DATA_DIR, endService } from '../common/context.ts';
import type { DamageCheck } from '../common/engine.ts';

const DATA = `${DATA_DIR}/redis`;
/** Where files are put that do not load: those of the last time alone. */
const DAMAGED_DIR = `${DATA}/damaged`;

/** What Redis says of files that it does not load: it ends, each time anew. */
export const REDIS_DAMAGE: DamageCheck = {
  part: 'cache',
  title: 'Redis’ files',
  problem: 'CACHE_DAMAGED',
  signs: [
    { line: /No space left on device|Ready to accept connections/, reason: null },
    {
      line: /(?:Bad file format|Unknown command .*) reading the append only file/,
      reason: 'the append-only file has a bad format',
    },
    { line: /Unexpected end of file reading the append only file/, reason: 'the append-only file ends too early' },
    { line: /Unrecoverable error reading the append only file/, reason: 'the append-only file cannot be read' },
    {
      line: /Error reading the RDB (?:base file|preamble)|RDB preamble of AOF file is not sane/,
      reason: 'the append-only log has a damaged base',
    },
    {
      line: /AOF MANIFEST FILE ERROR|Invalid AOF manifest|empty AOF manifest|AOF (?:manifest )?file .* doesn't exist/,
      reason: 'files of the append-only log are missing or wrong',
    },
    {
      line: /Short read or OOM loading DB|Wrong RDB checksum|Wrong signature trying to load DB/,
      reason: 'the snapshot is damaged',
    },
    {
      line: /Fatal error loading the DB|Error trying to load the (?:AOF files|RDB dump)/,
      reason: 'the files do not load',
    },
  ],
};

/** On a cache host: ends Redis and puts its files aside. It begins empty, and fetches all from the primary where it is not that itself. */
export function putAsideScript(): string {
  return [
    'set -eu',
    ...endService('redis', 10),
    `rm -rf ${DAMAGED_DIR}; mkdir -m 0700 ${DAMAGED_DIR}`,
    `for each in ${DATA}/appendonlydir ${DATA}/dump.rdb; do [ ! -e $each ] || mv $each ${DAMAGED_DIR}/; done`,
    `sync -f ${DATA}`,
  ].join('\n');
}
