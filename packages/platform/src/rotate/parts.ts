import { type RotatedPart, SECRET_PARTS, type Secrets } from '@sbmcrm/engines';

type Own = Omit<Secrets, 'also' | 'adminEmail' | 'files'>;

/**
 * How far a rotation is. Each stage is rolled out before the next one begins, so that at every moment all accept what anybody uses.
 *
 * - `accept`: the old ones are used, and the new ones are accepted, too
 * - `use`: the new ones are used, and the old ones are still accepted
 * - `forget`: the old ones are accepted no more
 */
export interface Rotation {
  part: RotatedPart;
  stage: 'accept' | 'use' | 'forget';
}

type Rotated = Secrets & { rotation?: Rotation };

/** Secrets of a part out of all of them. */
function ofPart<T extends Partial<Secrets>>(secrets: T, part: RotatedPart): Partial<Own> {
  return Object.fromEntries(SECRET_PARTS[part].keys.map((key) => [key, secrets[key]]));
}

/** The first stage: new secrets are accepted. Pure. @param fresh of which those of the part count */
export function begin<T extends Rotated>(secrets: T, part: RotatedPart, fresh: Partial<Own>): T {
  return { ...secrets, also: ofPart(fresh, part), rotation: { part, stage: 'accept' } };
}

/** The second one: they are used. Pure. */
export function change<T extends Rotated>(secrets: T, { part }: Rotation): T {
  return { ...secrets, ...secrets.also, also: ofPart(secrets, part), rotation: { part, stage: 'use' } };
}

/** The third one: the old ones are accepted no more. Pure. */
export function forget<T extends Rotated>({ also: _also, ...secrets }: T, { part }: Rotation): T {
  return { ...secrets, rotation: { part, stage: 'forget' } } as unknown as T;
}

/** The end. Pure. */
export function end<T extends Rotated>({ rotation: _rotation, ...secrets }: T): T {
  return secrets as unknown as T;
}
