export * from './network.ts';
export * from './present.ts';
export * from './role.ts';
export * from './sizes.ts';
export * from './topology.ts';
