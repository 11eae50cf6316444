import { zoneLoss } from '../shapes/zone-loss.ts';

export default zoneLoss('a', 'load balancer, API server, database, replica, cache, quorum');
