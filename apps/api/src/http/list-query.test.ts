import { describe, expect, it } from 'vitest';
import { ApiError } from '../errors.ts';
import { type ListRules, parseListQuery } from './list-query.ts';

const rules: ListRules<'name' | 'createdAt', 'tier' | 'email'> = {
  sort: ['name', 'createdAt'],
  filter: ['tier', 'email'],
  defaultSort: { field: 'createdAt', direction: 'desc' },
};
const paths = (query: Record<string, unknown>) => {
  try {
    parseListQuery(query, rules);
  } catch (error) {
    if (error instanceof ApiError) return error.details.map(({ path }) => path);
    throw error;
  }
  return [];
};

describe('parseListQuery', () => {
  it('has defaults', () => {
    expect(parseListQuery({}, rules)).toEqual({
      page: 1,
      limit: 20,
      offset: 0,
      sort: { field: 'createdAt', direction: 'desc' },
      filter: {},
    });
  });

  it('reads page, limit, sort and filters', () => {
    const query = { page: '3', limit: '100', sort: 'name:desc', 'filter[tier]': 'gold', 'filter[email]': 'a@b' };
    expect(parseListQuery(query, rules)).toEqual({
      page: 3,
      limit: 100,
      offset: 200,
      sort: { field: 'name', direction: 'desc' },
      filter: { tier: 'gold', email: 'a@b' },
    });
    expect(parseListQuery({ sort: 'name' }, rules).sort.direction).toBe('asc');
  });

  it.each([
    { page: '0' },
    { page: '-1' },
    { page: '1.5' },
    { page: '1e3' },
    { page: '999999999' },
    { limit: '101' },
    { limit: '0' },
    { sort: 'balance:asc' },
    { sort: 'name:up' },
    { sort: 'name:asc:x' },
    { sort: 'toString' },
    { 'filter[name]': 'x' },
    { 'filter[]': 'x' },
    { 'filter[__proto__]': 'x' },
    { 'filter[tier]': 'a\0' },
    { page: ['1', '2'] },
    { offset: '1' },
  ])('refuses %j', (query) => {
    expect(paths(query)).toEqual(Object.keys(query));
  });

  it('names all problems at once', () => {
    expect(paths({ page: 'x', limit: 'y', z: '1' })).toEqual(['page', 'limit', 'z']);
  });
});
