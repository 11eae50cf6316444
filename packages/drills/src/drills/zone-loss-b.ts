import { zoneLoss } from '../run/zone-loss.ts';

export default zoneLoss('b', 'load balancer, API server, database, replica, cache, quorum');
