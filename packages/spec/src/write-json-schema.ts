// Writes sbmcrm.schema.json; run by `npm run schema -w @sbmcrm/spec` after every change of the schema.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { specJsonSchema } from './json-schema.ts';

const target = fileURLToPath(new URL('../sbmcrm.schema.json', import.meta.url));
writeFileSync(target, `${JSON.stringify(specJsonSchema(), null, 2)}\n`);
