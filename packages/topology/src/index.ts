export * from './network.ts';
export * from './topology.ts';
