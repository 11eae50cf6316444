/** How a task stands. `lost`: what ran it is gone, and nobody knows what came of it. */
export type TaskState = 'running' | 'passed' | 'failed' | 'lost';

/** The last run of a task. */
export interface TaskStatus {
  name: string;
  /** The time that it was due at, ISO 8601. */
  due: string;
  startedAt: string;
  /** Null while it runs, and of one that is lost. */
  endedAt: string | null;
  state: TaskState;
  /** What came of it, in one line. */
  text: string;
}

/** Work that is done at set times by what stands beside the platform: the platform says when. */
export interface Tasks {
  /**
   * Runs a task unless it ran for this time, or a later one: whoever asks twice starts nothing twice.
   *
   * @param name as the spec's schedule has it
   * @param due ISO 8601
   * @returns null: the schedule has it since later than that
   * @throws CloudError 404 UNKNOWN_TASK; 409 TASK_BUSY while another one runs; 400 VALIDATION for a time that has not come
   */
  run(name: string, due: string): Promise<TaskStatus | null>;
  /** The last run of each task that ever ran. */
  list(): Promise<TaskStatus[]>;
}
