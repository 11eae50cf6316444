import { parse, parseDocument } from 'yaml';

/** Applies a finding's mending line, `set KEY: VALUE and KEY: VALUE`, to a spec's text, as its reader would. */
export function applyFix(text: string, fix: string): string {
  const document = parseDocument(text);
  for (const assignment of fix.replace(/^set /, '').split(' and ')) {
    const [, path = '', value = ''] = /^(\S+): (.*)$/.exec(assignment) ?? [];
    const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
    document.setIn(steps, document.createNode(parse(value)));
  }
  return document.toString();
}
