import type { FaultKindDefinition } from '../kind.ts';

export const cut: FaultKindDefinition = {
  takes: ['zones'],
  about: 'no frame between hosts of the two zones',
  drops: ({ target }, { ofZone }) =>
    target.of === 'zones' ? { cuts: [{ left: ofZone(target.zones[0]), right: ofZone(target.zones[1]) }] } : {},
};
