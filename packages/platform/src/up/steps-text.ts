import { repairText } from '../repair/decide.ts';
import type { Step } from './plan.ts';

const hosts = (names: readonly string[]) => (names.length === 1 ? '1 host' : `${names.length} hosts`);

/** A step in words, as the title of what is done. Pure. */
export function stepText(step: Step): string {
  switch (step.do) {
    case 'install-packages':
      return `Install Debian packages: ${step.packages.join(', ')}`;
    case 'end-orphan':
      return 'End the platform whose state folder was deleted';
    case 'build-image':
      return 'Build the image of hosts (once, about a minute)';
    case 'make-platform':
      return `Make a new platform in ${step.network}`;
    case 'make-certificates':
      return 'Make new certificates for etcd, its members and its clients: those there are have ended, or do not name every member';
    case 'connect':
      return `Make the network ${step.network}, or what is missing of it`;
    case 'start-cloud':
      return "Start the local cloud's daemon";
    case 'remove-host':
      return `Remove ${step.host}`;
    case 'stop-hosts':
      return `Stop ${step.hosts.join(', ')}: ${step.inOrder ? 'other services run there from now on' : 'disk or link is lost'}`;
    case 'define-hosts':
      return `Define ${hosts(step.hosts)}: ${step.hosts.join(', ')}`;
    case 'start-hosts': {
      const order = step.first === undefined ? '' : `; ${step.first} leads before ${step.later?.join(', ')} may start`;
      const fences = step.fences?.map(({ host, token }) => `; the fence of ${host} (${token}) is lifted`) ?? [];
      return `Start ${hosts(step.hosts)}: ${step.hosts.join(', ')}${order}${fences.join('')}`;
    }
    case 'start-services':
      return `Start ${step.services.map(({ host, service }) => `${host}/${service}`).join(', ')}`;
    case 'take-over':
      return `New configuration on ${step.host}: ${step.services.join(', ')}`;
    case 'renew-host':
      return {
        disk: `Give ${step.host} an empty disk: its own was deleted while it ran`,
        code: `Start ${step.host} again: it runs the code of another folder`,
        services: `Start ${step.host} again: other services run there from now on`,
      }[step.because];
    case 'make-room':
      return `Make room in ${step.service}: its quota is used up`;
    case 'set-logins':
      return `Set logins back in ${step.host}/${step.service}: ${step.logins.join(', ')}`;
    case 'repair':
      return repairText(step);
  }
}

/** What `up` would do, for people. Pure. */
export function planText(steps: readonly Step[]): string {
  if (steps.length === 0) return 'Nothing to change: `sbmcrm up` would only look whether all is well.';
  return ['`sbmcrm up` would:', ...steps.map((step) => `  - ${stepText(step)}`), 'Nothing else changes.'].join('\n');
}
