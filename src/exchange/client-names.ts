/**
 * Prepared statements and portals of one virtual connection.
 *
 * All virtual connections share the name space of the real one, so each name becomes one of ours there. What a client
 * has prepared is remembered with its Parse message: on a real connection that does not know it (another scope's, or
 * the one after close()) it is parsed again.
 */
import type { Fields } from '../protocol/fields.ts'
import { renameParse } from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import { RESERVED_PREFIX } from '../transaction/reserved-names.ts'

export interface PreparedStatement {
  readonly sql: string
  /** The command, where the text is exactly one statement. */
  readonly command: Command
  /** Its name on the real connection; empty for the unnamed statement. */
  readonly wireName: string
  /** The Parse message, under the wire name. */
  readonly parse: Buffer
}

export interface Portal {
  readonly statement: PreparedStatement
  readonly wireName: string
  /** Values bound, for the commands whose effect depends on them. */
  readonly values: readonly (string | null)[]
  /** Has a command that is the sandbox's to answer been executed? It is once only. */
  readonly isDone?: boolean
}

/** A client's wish to prepare a statement. */
export interface Registration {
  /** The answer of its exchange that says whether it is prepared. */
  readonly answer: number
  readonly name: string
  /** What the name stood for before. */
  readonly previous: PreparedStatement | undefined
}

export class Names {
  /** What the wire names of the client's statements and portals begin with. */
  readonly prefix: string
  readonly #wireNames = new Map<string, string>()
  #given = 0
  readonly statements: Map<string, PreparedStatement> = new Map()
  /** The client's PREPARE statements, for a real connection that is to have them. */
  prepares: readonly string[] = []
  /** Portals open on the real connection, by the application's name. */
  readonly portals: Map<string, Portal> = new Map()
  /** Wire names of portals that have ended for the client, and are still open on the real connection. */
  #ended: string[] = []
  /** What the last of them were called, as errors may still tell. */
  #formerly: (readonly [wireName: string, name: string])[] = []

  /** @param id tells this virtual connection's names from its siblings' */
  constructor(id: number) {
    this.prefix = `${RESERVED_PREFIX}${id}.`
  }

  /** The messages that prepare the statements of a driver which takes them to be there. */
  get preparing(): readonly Buffer[] {
    const named = [...this.statements].filter(([name]) => name !== '')
    return named.map(([name, { parse }]) => renameParse(parse, name))
  }

  /** Is no portal open that has a name, for the client or on the real connection? */
  get hasNamedPortals(): boolean {
    const unnamed = this.portals.get('')?.wireName === '' ? 1 : 0
    return this.portals.size - unnamed + this.#ended.length > 0
  }

  /** The name of a statement on the real connection; the unnamed one keeps having none. */
  statementName(name: string): string {
    return name === '' ? '' : this.wireName('statement', name)
  }

  /** The name of a portal that is open, or would be. */
  portalName(name: string): string {
    return this.portals.get(name)?.wireName ?? (name === '' ? '' : this.wireName('portal', name))
  }

  /** The name on the real connection: short, as Postgres cuts names after 63 bytes. */
  wireName(kind: 'statement' | 'portal', name: string): string {
    const key = `${kind} ${name}`
    let wire = this.#wireNames.get(key)
    if (wire === undefined) {
      this.#given += 1
      wire = this.prefix + this.#given
      this.#wireNames.set(key, wire)
    }
    return wire
  }

  /** The client's transaction has ended, and its portals with it: their names mean nothing, until they are given anew. */
  endPortals(): void {
    for (const name of this.portals.keys()) this.endPortal(name)
  }

  /** A portal has ended for the client. */
  endPortal(name: string): void {
    const portal = this.portals.get(name)
    if (portal === undefined) return
    this.portals.delete(name)
    if (portal.wireName === '') return
    this.#wireNames.delete(`portal ${name}`)
    this.#ended.push(portal.wireName)
    this.#formerly = [...this.#formerly.slice(-9), [portal.wireName, name]]
  }

  /** The portals to be closed on the real connection. */
  takeEnded(): readonly string[] {
    const ended = this.#ended
    this.#ended = []
    return ended
  }

  /**
   * The client has prepared, bound and executed without names.
   *
   * @param isOpen whether the portal is open still, as the client is in a transaction block
   */
  useUnnamed(statement: PreparedStatement, isOpen: boolean): void {
    this.statements.set('', statement)
    if (isOpen) this.portals.set('', { statement, wireName: '', values: [] })
    else this.portals.delete('')
  }

  /** A Query message ends the unnamed statement and portal. */
  endUnnamed(): void {
    this.statements.delete('')
    this.endPortal('')
  }

  /** Statements that a client has asked for in vain: they are what they were. */
  forget(registered: readonly Registration[]): void {
    for (const { name, previous } of registered) {
      if (previous === undefined) this.statements.delete(name)
      else this.statements.set(name, previous)
    }
  }

  /** An error with the application's names in place of ours. */
  translate(fields: Fields): Fields {
    return { ...fields, M: this.restore(fields['M'] ?? '') }
  }

  restore(text: string): string {
    if (!text.includes(RESERVED_PREFIX)) return text
    const names = [...this.#wireNames].map(([key, wire]) => [wire, key.slice(key.indexOf(' ') + 1)] as const)
    let restored = text
    for (const [wire, name] of [...this.#formerly, ...names])
      restored = restored.replaceAll(`"${wire}"`, () => `"${name}"`)
    return restored
  }
}

let clients = 0

/** Names for one more virtual connection. */
export function newNames(): Names {
  clients += 1
  return new Names(clients)
}
