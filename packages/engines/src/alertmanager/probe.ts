import { probeHttp } from '@sbmcrm/http';
import { type Host, PORTS } from '@sbmcrm/topology';

/** Whether it answers; it lets nobody in without a password, and says so as soon as it works. */
export async function alertmanagerAnswers({ managementAddress }: Host): Promise<boolean> {
  const status = (await probeHttp(`http://${managementAddress}:${PORTS.alertmanager}/-/ready`))?.status;
  return status === 200 || status === 401;
}
