/**
 * Takes as much room on the database's disk as a write that needs another page, and a little more; the server gives it back by
 * itself. A page that is there takes a row's next version even on a full disk, so a small write alone says nothing of others.
 */
export async function takeRoom(query: (text: string) => Promise<unknown>): Promise<void> {
  await query(`SELECT set_config('work_mem', '64kB', true)`);
  // More than fits into work_mem goes through a temporary file.
  await query('SELECT count(*) FROM generate_series(1, 8000)');
}
