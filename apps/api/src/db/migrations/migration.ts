export interface Migration {
  /** One more than the one before. */
  id: number;
  name: string;
  sql: string;
}
