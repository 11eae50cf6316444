import { ApiError, type ErrorDetail } from '../errors.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
/** Past this the database would walk over millions of rows to throw them away. */
const MAX_OFFSET = 1_000_000;

export interface Page {
  page: number;
  limit: number;
  offset: number;
}

export interface ListQuery<S extends string, F extends string> extends Page {
  sort: { field: S; direction: 'asc' | 'desc' };
  filter: Partial<Record<F, string>>;
}

export interface ListRules<S extends string, F extends string> {
  sort: readonly S[];
  filter: readonly F[];
  defaultSort: { field: S; direction: 'asc' | 'desc' };
}

/**
 * Reads `page`, `limit`, `sort=field:desc` and `filter[field]=value`.
 *
 * @throws {ApiError} VALIDATION: also for fields that a list has not, and for unknown parameters
 */
export function parseListQuery<S extends string, F extends string>(
  query: Readonly<Record<string, unknown>>,
  rules: ListRules<S, F>,
): ListQuery<S, F> {
  const problems: ErrorDetail[] = [];
  const result: ListQuery<S, F> = { page: 1, limit: DEFAULT_LIMIT, offset: 0, sort: rules.defaultSort, filter: {} };

  for (const [name, value] of Object.entries(query)) {
    const filtered = /^filter\[(.*)\]$/.exec(name)?.[1];
    if (typeof value !== 'string') problems.push({ path: name, message: 'is given more than once' });
    else if (name === 'page')
      result.page = whole(value, Number.MAX_SAFE_INTEGER) ?? fail(problems, name, 'wants a whole number from 1');
    else if (name === 'limit')
      result.limit = whole(value, MAX_LIMIT) ?? fail(problems, name, `wants a whole number from 1 to ${MAX_LIMIT}`);
    else if (name === 'sort') {
      const [field = '', direction = 'asc', ...rest] = value.split(':');
      const known = rules.sort.find((candidate) => candidate === field);
      if (known && (direction === 'asc' || direction === 'desc') && rest.length === 0)
        result.sort = { field: known, direction };
      else fail(problems, name, `wants field:asc or field:desc, with a field of ${rules.sort.join(', ')}`);
    } else if (filtered !== undefined) {
      const known = rules.filter.find((candidate) => candidate === filtered);
      if (!known) fail(problems, name, `wants a field of ${rules.filter.join(', ')}`);
      else if (value.includes('\0')) fail(problems, name, 'holds the character U+0000');
      else result.filter[known] = value;
    } else fail(problems, name, 'is not a parameter of this list');
  }

  result.offset = (result.page - 1) * result.limit;
  if (problems.length === 0 && result.offset > MAX_OFFSET)
    fail(problems, 'page', `reaches past entry ${MAX_OFFSET}; filter instead`);
  if (problems.length > 0) throw new ApiError('VALIDATION', problems);
  return result;
}

function whole(text: string, max: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= 1 && value <= max ? value : undefined;
}

function fail(problems: ErrorDetail[], path: string, message: string): number {
  problems.push({ path, message });
  return 1;
}
