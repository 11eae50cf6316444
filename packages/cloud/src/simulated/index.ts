export { SimulatedClock } from './clock.ts';
export { SimulatedCloud } from './cloud.ts';
export { SimulatedWorld } from './world.ts';
