import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'abc', 3],
    ['instnces', 'instances', 1],
    ['instancess', 'instances', 1],
    ['pool', 'poll', 1],
    ['mni', 'min', 1],
    ['kitten', 'sitting', 3],
  ])('%s → %s', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance);
    expect(editDistance(to, from)).toBe(distance);
  });
});

describe('nearest', () => {
  const keys = ['platform', 'loadBalancer', 'application', 'database', 'cache', 'min', 'max'];

  it.each([
    ['databse', 'database'],
    ['loadbalancer', 'loadBalancer'],
    ['load_balancer', 'loadBalancer'],
    ['mni', 'min'],
    ['MAX', 'max'],
    ['cash', 'cache'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, keys)).toBe(meant);
  });

  it.each(['kubernetes', 'x', '', 'database'.repeat(20)])('does not guess for %j', (word) => {
    expect(nearest(word, keys)).toBeUndefined();
  });
});
