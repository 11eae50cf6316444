import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Leaves the platform under another spec: to bring it back takes half a minute, which is for nothing at the end. */
const LAST = /drills\.test\.ts$/;

/** The order of test files: as ever, but for those that are best at the end. */
export default class EndsWithDrills extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLast = ({ moduleId }: TestSpecification) => LAST.test(moduleId);
    return [...sorted.filter((file) => !isLast(file)), ...sorted.filter(isLast)];
  }
}
