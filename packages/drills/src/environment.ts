import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { ENGINES } from '@sbmcrm/engines';
import { run } from '@sbmcrm/local';
import { CODE_ROOT, hostImage } from '@sbmcrm/platform';
import type { ReportFile } from '@sbmcrm/report';

/** The machine that a report is from. */
export function machine(): ReportFile['machine'] {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
  };
}

/** Versions of this software, its runtime and the engines in the image. */
export async function versions(): Promise<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(join(CODE_ROOT, 'package.json'), 'utf8')) as { version: string };
  // Outside a git checkout there is no commit to name.
  const commit = await run('git', ['-C', CODE_ROOT, 'describe', '--always', '--dirty']).catch(() => '');
  const image = hostImage();
  const status = image ? readFileSync(join(image.root, 'var/lib/dpkg/status'), 'utf8') : '';
  return {
    sbmcrm: commit ? `${version} (${commit.trim()})` : version,
    node: process.version,
    ...packageVersions(
      status,
      Object.values(ENGINES).flatMap((engine) => engine.packages),
    ),
  };
}

/** Versions of some packages in dpkg's status file. Pure. */
export function packageVersions(status: string, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const paragraph of status.split('\n\n')) {
    const name = /^Package: (.*)$/m.exec(paragraph)?.[1] ?? '';
    const version = /^Version: (.*)$/m.exec(paragraph)?.[1];
    if (names.includes(name) && version) found[name] = version;
  }
  return found;
}
