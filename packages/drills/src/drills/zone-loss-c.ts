import { zoneLoss } from '../shapes/zone-loss.ts';

export default zoneLoss('c', 'the witness');
