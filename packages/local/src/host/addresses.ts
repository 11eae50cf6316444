import { readFileSync } from 'node:fs';

/**
 * Local addresses in the kernel's routing table as text: every `/32 host LOCAL` entry.
 *
 * @see the format of /proc/net/fib_trie, kernel file net/ipv4/fib_trie.c
 */
export function parseLocalAddresses(fibTrie: string): string[] {
  const found = new Set<string>();
  let address = '';
  for (const line of fibTrie.split('\n')) {
    const leaf = /\|-- (\d+\.\d+\.\d+\.\d+)/.exec(line);
    if (leaf?.[1]) address = leaf[1];
    else if (line.includes('/32 host LOCAL') && !address.startsWith('127.')) found.add(address);
  }
  return [...found];
}

/** Addresses that a host has now, read without a process inside it. @param initPid null when it is stopped */
export function localAddresses(initPid: number | null): string[] {
  if (initPid === null) return [];
  try {
    return parseLocalAddresses(readFileSync(`/proc/${initPid}/net/fib_trie`, 'latin1'));
  } catch {
    return [];
  }
}
