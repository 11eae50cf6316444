#!/usr/bin/env node
import { launch } from './launch.js';

await launch('huaweicloud', new URL('../src/vendor-cli/main.ts', import.meta.url));
