#!/usr/bin/env node
import { launch } from './launch.js';

await launch('sbmcrm', new URL('../src/main.ts', import.meta.url));
