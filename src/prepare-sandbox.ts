/** What must be there before a level or a scope is opened. */
import * as driver from './driver/pg.ts'
import { makePool } from './private-databases.ts'
import { sandbox } from './session/sandbox.ts'

export function prepareSandbox(): void {
  driver.patchFirst()
  sandbox().supplies.makePool ??= makePool
}
