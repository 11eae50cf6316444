/** Does something for each at once; one that fails keeps none of the others from it. @throws what the first failed with */
export async function settleAll<T>(items: readonly T[], action: (item: T) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(items.map(action));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
