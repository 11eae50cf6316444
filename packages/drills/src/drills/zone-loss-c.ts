import { zoneLoss } from '../run/zone-loss.ts';

export default zoneLoss('c', 'the witness');
