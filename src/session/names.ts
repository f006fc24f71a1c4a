/**
 * Prepared statements and portals of one virtual connection.
 *
 * All virtual connections share the name space of the real one, so each name becomes one of ours there. What a client
 * has prepared is remembered with its Parse message: on a real connection that does not know it (another scope's, or
 * the one after close()) it is parsed again.
 */
import type { Command } from '../sql/command.ts'

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
}

export class Names {
  readonly #id: number
  readonly #wireNames = new Map<string, string>()
  readonly statements: Map<string, PreparedStatement> = new Map()
  /** Portals open on the real connection, by the application's name. */
  readonly portals: Map<string, Portal> = new Map()

  /** @param id tells this virtual connection's names from its siblings' */
  constructor(id: number) {
    this.#id = id
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
      wire = `pg-sandbox ${this.#id}.${this.#wireNames.size + 1}`
      this.#wireNames.set(key, wire)
    }
    return wire
  }

  /** An error's text with the application's names in place of ours. */
  restore(text: string): string {
    if (!text.includes('pg-sandbox ')) return text
    let restored = text
    for (const [key, wire] of this.#wireNames) {
      restored = restored.replaceAll(`"${wire}"`, () => `"${key.slice(key.indexOf(' ') + 1)}"`)
    }
    return restored
  }
}
