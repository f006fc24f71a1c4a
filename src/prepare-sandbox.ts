/** What must be there before a level or a scope is opened. */
import * as driver from './driver/pg/copies-of-pg.ts'
import { makePool } from './private-databases.ts'
import { sandbox } from './sandbox/sandbox.ts'

export function prepareSandbox(): void {
  driver.patchFirst()
  sandbox().supplies.makePool ??= makePool
}
