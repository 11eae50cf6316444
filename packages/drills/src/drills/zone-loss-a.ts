import { zoneLoss } from '../run/zone-loss.ts';

export default zoneLoss('a', 'load balancer, API server, database, replica, cache, quorum');
