import { PORTS } from '@sbmcrm/topology';
import type { Engine } from '../common/engine.ts';
import { ALERTMANAGER_PASSWORD_FILE } from '../prometheus/config.ts';
import { alertmanagerService } from './config.ts';
import { alertmanagerAnswers } from './probe.ts';
import { ALERTMANAGER_USER } from './relay.ts';

/** Tells people of alerts. */
export const alertmanager: Engine = {
  packages: ['prometheus-alertmanager'],
  member: { title: 'Alertmanager answers', problem: 'ALERTMANAGER_UNHEALTHY', isHealthy: alertmanagerAnswers },
  render: alertmanagerService,
  // It writes what it told whom, and who is silenced.
  stop: { wave: 'front', withinMs: 5000 },
  expendable: true,
  shown: PORTS.alertmanager,
  scrape: () => ({
    of: 'alertmanager',
    network: 'management',
    port: PORTS.alertmanager,
    path: '/metrics',
    login: { user: ALERTMANAGER_USER, passwordFile: ALERTMANAGER_PASSWORD_FILE },
  }),
};
