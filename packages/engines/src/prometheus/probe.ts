import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';

/** Where a monitoring host's Prometheus is asked, from this machine or another host. */
export const prometheusUrl = ({ managementAddress }: Pick<Host, 'managementAddress'>) =>
  `http://${managementAddress}:${PORTS.prometheus}`;

/** Whether it has read what it kept, and answers queries. */
export async function prometheusReady(host: Host): Promise<boolean> {
  return (await probeHttp(`${prometheusUrl(host)}/-/ready`))?.status === 200;
}
