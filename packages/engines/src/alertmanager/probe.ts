import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';

/** Where a monitoring host's Alertmanager is asked. */
export const alertmanagerUrl = ({ managementAddress }: Pick<Host, 'managementAddress'>) =>
  `http://${managementAddress}:${PORTS.alertmanager}`;

/** Whether it answers; it lets nobody in without a password, and says so as soon as it works. */
export async function alertmanagerAnswers(host: Host): Promise<boolean> {
  const status = (await probeHttp(`${alertmanagerUrl(host)}/-/ready`))?.status;
  return status === 200 || status === 401;
}
