/**
 * What must be there before a level or a scope is opened: the patches, and who clones databases.
 *
 * `testTransaction` and `isolated` call it first of all. It is where the wing of databases and the sandbox are joined, as
 * neither knows the other.
 */
import * as driver from './driver/pg/copies-of-pg.ts'
import { makePool } from './make-clone-pool.ts'
import { sandbox } from './sandbox/sandbox.ts'

export function prepareSandbox(): void {
  driver.patchFirst()
  sandbox().supplies.makePool ??= makePool
}
