import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Look more than they break: at the beginning there are other tests beside them (`beside/`). */
const FIRST = ['bad-input', 'conformance', 'rescue', 'huaweicloud', 'parts', 'entry', 'spec-change', 'validators'];
/** Leaves the platform under another spec: to bring it back takes half a minute, which is for nothing at the end. */
const LAST = ['drills'];

/** The order of test files: as ever, but for those that are best at the beginning or at the end. */
export default class RightOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const name = basename(moduleId, '.test.ts');
      return LAST.includes(name) ? 1 : FIRST.includes(name) ? -1 : 0;
    };
    return (await super.sort(files)).sort((x, y) => rank(x) - rank(y));
  }
}
