/**
 * What runs the units of a scope's clients with `isolation: 'database'`: each on a connection of its own, in its level's clone.
 *
 * The way into the room private-databases/: a level's clone of a database (private-database), a client's connection to it
 * (clone-connection), and where clones come from (clone-supply, clone-supplies). A scope makes one in place of sessions.
 * Without the room a test that commits for real could not be told apart from the next.
 */
import * as errors from '../errors.ts'
import type { Fields, Status } from '../protocol/backend.ts'
import type { CloneConnection } from './clone-connection.ts'
import {
  type CallLevel,
  fieldsOf,
  type LevelEnd,
  type ScopeSession,
  type Serving,
} from '../session/scope-session.ts'
import type { Release } from './clone-supply.ts'
import type { CloneSupplies } from './clone-supplies.ts'
import type { SandboxOptions } from '../options.ts'
import { PrivateDatabase } from './private-database.ts'
import { settleAll } from '../settle-all.ts'
import { isOfCluster } from '../sql/cluster-commands.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import { sqlOf } from '../exchange/unit.ts'
import type { Requester } from '../session/requester.ts'
import { cutOffFrom, refuseUnit } from '../session/refused-unit.ts'
import { answerError, type Unit } from '../session/unit.ts'

export class CloneSession implements ScopeSession {
  readonly isAwaited = false
  readonly idleProcessId = undefined
  readonly levels: ScopeSession['levels'] = {
    hasWritten: false,
    start: () => this.#supplies.inBackground(this.#endLevels({ keep: false, test: undefined })),
    rollback: (end) => this.#endLevels(this.#release(end)),
    end: async (end) => {
      await this.#endLevels(this.#release(end), (unit) => errors.testEnded(sqlOf(unit), end.test))
      return undefined
    },
  }
  readonly #supplies: CloneSupplies
  readonly #options: SandboxOptions
  readonly #clients = new Set<Requester>()
  /** Those with private databases. */
  readonly #levels = new Set<CallLevel>()
  /** Units that wait for their connection. */
  #opening = 0
  /** The connections that run a unit, or have last done so. */
  readonly #used = new Map<Requester, CloneConnection>()

  constructor(supplies: CloneSupplies, options: SandboxOptions) {
    this.#supplies = supplies
    this.#options = options
  }

  async admit(requester: Requester, level: CallLevel): Promise<ServerConnection> {
    this.#clients.add(requester)
    const { server } = await this.#databaseOf(requester, level).connection(requester)
    return server
  }

  submit(unit: Unit, level: CallLevel): void {
    const { requester } = unit
    const cutOff = cutOffFrom(unit)
    if (cutOff !== undefined) return refuseUnit(unit, cutOff.error)
    this.#clients.add(requester)
    this.#opening += 1
    this.#databaseOf(requester, level)
      .use(requester, (connection) => this.#run(unit, level, connection))
      .catch((error: Error) => answerError(unit, level.ended ? level.ending(sqlOf(unit)) : fieldsOf(error)))
      .finally(() => (this.#opening -= 1))
  }

  get isBusy(): boolean {
    return this.#opening > 0 || [...this.#used.values()].some(({ isRunning }) => isRunning)
  }

  leave(requester: Requester): void {
    this.#clients.delete(requester)
    this.#used.delete(requester)
    for (const level of this.#levels) databasesOf(level).get(requester.database)?.leave(requester)
  }

  serving(requester: Requester): Serving | undefined {
    const used = this.#used.get(requester)
    return used?.isRunning === true ? used : undefined
  }

  statusFor(requester: Requester): Status {
    return requester.cutOff?.status ?? this.#used.get(requester)?.status ?? 'I'
  }

  #run(unit: Unit, level: CallLevel, connection: CloneConnection): void {
    if (level.ended) return refuseUnit(unit, (sql) => level.ending(sql))
    this.#used.set(unit.requester, connection)
    const isRefused = this.#options.clusterCommands === 'refuse' && changesCluster(unit)
    void connection.run(unit, isRefused ? errors.clusterCommand(sqlOf(unit)) : undefined)
  }

  #release({ failed, test }: LevelEnd): Release {
    return { keep: failed === true && this.#options.keep === 'onFailure', test }
  }

  #databaseOf(requester: Requester, level: CallLevel): PrivateDatabase {
    let database = databasesOf(level).get(requester.database)
    if (database === undefined) {
      const listeners = (): Requester[] => this.#listenersOf(requester.database)
      const surroundings = { supplies: this.#supplies, options: this.#options, listeners }
      const outer = inherited(level, requester.database)
      database = new PrivateDatabase(surroundings, { outer, isAroundTests: level.isAroundTests })
      databasesOf(level).set(requester.database, database)
      this.#levels.add(level)
    }
    return database
  }

  #listenersOf(database: string): Requester[] {
    const isListener = (client: Requester): boolean =>
      client.database === database && client.belongings.objects.listening.size > 0
    return [...this.#clients].filter(isListener)
  }

  /** Ends what is private to levels that are over. */
  async #endLevels(release: Release, giveUp?: (unit: Unit) => Fields): Promise<void> {
    const over = [...this.#levels].filter(({ ended }) => ended)
    for (const level of over) this.#levels.delete(level)
    const databases = over.flatMap((level) => [...databasesOf(level).values()])
    await settleAll(databases.map((database) => database.end({ ...release, giveUp })))
  }
}

/** Would a statement of it change what is not dropped with the clone? */
function changesCluster({ texts }: Unit): boolean {
  return texts.some(({ sql, analysis }) =>
    analysis.statements.some(({ start, end }) => isOfCluster(sql.slice(start, end))),
  )
}

/** The clones of each level, by the database that clients name. */
const databases = new WeakMap<CallLevel, Map<string, PrivateDatabase>>()

function databasesOf(level: CallLevel): Map<string, PrivateDatabase> {
  const known = databases.get(level) ?? new Map<string, PrivateDatabase>()
  databases.set(level, known)
  return known
}

/** The private database of the nearest level around that has one. */
function inherited({ outer }: CallLevel, database: string): PrivateDatabase | undefined {
  return outer && (databasesOf(outer).get(database) ?? inherited(outer, database))
}
