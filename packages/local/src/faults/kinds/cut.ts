import type { FaultKindDefinition } from '../kind.ts';

export const cut: FaultKindDefinition = {
  takes: ['between'],
  about: 'no frame between hosts of the two zones or regions',
  drops: ({ target }, { in: inPlace }) =>
    target.of === 'between' ? { cuts: [{ left: inPlace(target.places[0]), right: inPlace(target.places[1]) }] } : {},
};
