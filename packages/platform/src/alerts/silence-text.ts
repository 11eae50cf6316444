import type { Matcher, Silence } from '@sbmcrm/engines';

/** Conditions that alerts of these names fulfil; where hosts are given, only those that are about one of them. Pure. */
export function matchersOf(alerts: readonly string[], hosts: readonly string[] = []): Matcher[] {
  const oneOf = (name: string, values: readonly string[]): Matcher[] =>
    values.length === 0 ? [] : [{ name, value: values.join('|'), isRegex: values.length > 1, isEqual: true }];
  return [...oneOf('alertname', alerts), ...oneOf('host', hosts)];
}

/** What a silence is of, in words: `HostDown (host postgres-a)`. Pure. */
export function silenceText({ matchers }: Pick<Silence, 'matchers'>): string {
  const value = (matcher: Matcher) => matcher.value.replaceAll('|', ' or ');
  const alert = matchers.find(({ name }) => name === 'alertname');
  const others = matchers
    .filter((each) => each !== alert)
    .map((each) => `${each.name} ${each.isEqual ? '' : 'not '}${value(each)}`);
  const name = alert === undefined ? 'every alert' : `${alert.isEqual ? '' : 'all but '}${value(alert)}`;
  const text = others.length > 0 ? `${name} (${others.join(', ')})` : name;
  // What goes to a terminal does not move its cursor.
  return text.replace(/\p{Cc}/gu, ' ');
}
