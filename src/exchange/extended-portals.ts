/**
 * The portals of an extended-protocol unit: Bind, and Describe and Close of a portal. Called by extended-query.ts for each such
 * message. Portals of all clients share the name space of the real connection, so each has a name of the sandbox there.
 */
import { BACKEND, BIND_COMPLETE, CLOSE_COMPLETE, NO_DATA } from '../protocol/backend.ts'
import { readBind, readBindValues, renameBind, renameTarget } from '../protocol/frontend.ts'
import { isOurs, takesValues } from '../transaction/commands.ts'
import { portalExists, portalIsDone, superfluousValues } from '../transaction/server-errors.ts'
import type { Names, Portal, PreparedStatement } from './client-names.ts'
import type { ExtendedStatements } from './extended-statements.ts'
import type { ExtendedWriter } from './extended-writer.ts'

export class ExtendedPortals {
  readonly #names: Names
  readonly #statements: ExtendedStatements
  readonly #out: ExtendedWriter
  readonly #flush: boolean

  /** @param flush whether the unit ends in Flush, so that its portals outlive it */
  constructor(names: Names, statements: ExtendedStatements, out: ExtendedWriter, flush: boolean) {
    this.#names = names
    this.#statements = statements
    this.#out = out
    this.#flush = flush
  }

  bind(bytes: Buffer): void {
    const { portal: name, statement: statementName } = readBind(bytes)
    const statement = this.#statements.named(statementName)
    if (isOurs(statement.command)) return this.#bindOurs(bytes, name, statementName, statement)
    // A portal that outlives its unit must not be the unnamed one: the next Query message of anyone would end it.
    const named = name !== '' || this.#flush
    if (name === '') this.#names.endPortal('')
    const wireName = named ? this.#names.wireName('portal', name) : ''
    const values = takesValues(statement.command) ? readBindValues(bytes) : []
    this.#names.portals.set(name, { statement, wireName, values })
    this.#out.closeEnded()
    const bind = renameBind(bytes, wireName, statement.wireName)
    this.#out.send(bind, BACKEND.bindComplete, {}, statement.command)
  }

  #bindOurs(bytes: Buffer, name: string, statementName: string, statement: PreparedStatement): void {
    if (this.#out.refusedInFailedBlock(statement.command)) return
    const { length } = readBindValues(bytes)
    const error =
      length > 0
        ? superfluousValues(length, statementName)
        : name !== '' && this.#names.portals.has(name) && portalExists(name)
    if (error) return this.#out.refuse({ kind: 'refuse', error, warnings: [] })
    this.#names.endPortal(name)
    this.#names.portals.set(name, { statement, wireName: '', values: [] })
    this.#out.local(BIND_COMPLETE)
  }

  describe(bytes: Buffer, name: string): void {
    const command = this.#names.portals.get(name)?.statement.command
    if (command === undefined || !isOurs(command))
      this.#out.send(renameTarget(bytes, this.wireName(name)), BACKEND.rowDescription, {}, command)
    else if (!this.#out.refusedInFailedBlock(command)) this.#out.local(NO_DATA)
  }

  close(bytes: Buffer, name: string): void {
    const portal = this.#names.portals.get(name)
    const wireName = this.wireName(name)
    this.#names.portals.delete(name)
    if (portal !== undefined && isOurs(portal.statement.command)) return this.#out.local(CLOSE_COMPLETE)
    this.#out.send(renameTarget(bytes, wireName), BACKEND.closeComplete)
  }

  /** The name on the real connection. A portal that no Bind has made may be a cursor of SQL. */
  wireName(name: string): string {
    const { cursors, cursorsWithHold } = this.#out.state.client.objects
    const isCursor =
      !this.#names.portals.has(name) && (cursors.includes(name) || cursorsWithHold.includes(name))
    return isCursor ? name : this.#names.portalName(name)
  }

  /** Refuses a portal whose command the sandbox has answered: that is done once only. */
  refusedAsDone(name: string, portal: Portal | undefined): boolean {
    const isDone = portal?.isDone === true
    if (isDone) this.#out.refuse({ kind: 'refuse', error: portalIsDone(name), warnings: [] })
    return isDone
  }
}
