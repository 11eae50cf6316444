export { knownRoles, type Roles, roleChanges } from './changes.ts';
export { lookAtRoles } from './look.ts';
