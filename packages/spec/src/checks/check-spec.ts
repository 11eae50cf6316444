import type { Spec } from '../schema.ts';
import type { Finding } from './finding.ts';
import { rules } from './rules.ts';

/** Runs every rule over a valid spec. Errors come first, then warnings, each in the order of the spec's blocks. */
export function checkSpec(spec: Spec): Finding[] {
  const findings = rules.flatMap(({ name, severity, find }) =>
    find(spec).map((found) => ({ rule: name, severity, ...found })),
  );
  return [...findings.filter(isError), ...findings.filter((finding) => !isError(finding))];
}

const isError = ({ severity }: Finding) => severity === 'error';
