import { imageRecipe, PATRONI } from '@sbmcrm/engines/catalog';
import { cachedImage, type Image, packageVersion } from '@sbmcrm/local/image';
import type { Finding } from '@sbmcrm/spec';

/** What the image of all hosts has. */
export const RECIPE = imageRecipe();

/** The image of hosts, or undefined if it has to be built first. */
export function hostImage(): Image | undefined {
  return cachedImage(RECIPE);
}

/** Whether one version is before another: numbers with dots between them. Pure. */
export function isBefore(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) < 0;
}

/** What `check` finds in the image of hosts, where it is built already. */
export function imageFindings(image: Image | undefined): Finding[] {
  const version = image && packageVersion(image, PATRONI.package);
  if (!version || !isBefore(version, PATRONI.since)) return [];
  return [
    {
      rule: 'patroni-outdated',
      severity: 'warning',
      path: 'database.automaticFailover',
      message: `hosts have Patroni ${version}`,
      reason: `before ${PATRONI.since} it may demote a healthy primary when etcd has no leader for a moment`,
      fix: `\`sbmcrm down\`, remove ${image.root}, and \`sbmcrm up --mirror URL\` with a mirror that has Debian testing`,
    },
  ];
}
