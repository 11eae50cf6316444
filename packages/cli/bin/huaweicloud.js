#!/usr/bin/env node
import { launch } from './launch.js';

await launch('huaweicloud', new URL('../src/huaweicloud.ts', import.meta.url));
