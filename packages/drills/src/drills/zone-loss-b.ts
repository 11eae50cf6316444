import { zoneLoss } from '../shapes/zone-loss.ts';

export default zoneLoss('b', 'load balancer, API server, database, replica, cache, quorum');
