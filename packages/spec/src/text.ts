/** A user and a password in an address: messages go where secrets may not. */
const CREDENTIALS = /(:\/\/)[^\s/?#@]*@/g;

/** A value without credentials. */
export function masked(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(CREDENTIALS, '$1…@') : value;
}

/** A value as an error message shows it: short, on one line, without credentials. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a block of keys';
  const text = typeof value === 'string' ? JSON.stringify(masked(value)) : String(value);
  return text.length > 60 ? `${text.slice(0, 56)}…${typeof value === 'string' ? '"' : ''}` : text;
}

/** `["a", "b", "c"]` → `a, b or c`. */
export function listOr(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
