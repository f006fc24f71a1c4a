/** The prepared statements of a client on a real connection of its own, and the settings of the application (`app.user`). */
import {
  type ClientFrame,
  FRONTEND,
  parseIn,
  readBind,
  readTarget,
  renameParse,
} from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import type { Command } from '../sql/command.ts'
import { commandOf, statementNamed, statementOf } from '../exchange/extended-statements.ts'
import type { Speaker } from '../exchange/unit.ts'
import type { Unit } from '../session/unit.ts'

export class RelayedStatements {
  readonly #requester: Speaker
  /** Those that the connection has. */
  readonly #known = new Set<string>()
  /** Settings such as `app.user` that the client may have changed. */
  readonly settings: Set<string> = new Set()

  constructor(requester: Speaker) {
    this.#requester = requester
  }

  /** Takes note of a unit that is about to be sent. Returns the Parse messages for statements that it takes to be there. */
  missing({ frames, texts }: Pick<Unit, 'frames' | 'texts'>): Buffer[] {
    for (const { analysis } of texts) this.#note(analysis)
    return frames.flatMap((frame) => {
      const { type, bytes } = frame
      if (type === FRONTEND.parse) this.#parsed(frame)
      if (type === FRONTEND.bind) return this.#needed(readBind(bytes).statement)
      if (type === FRONTEND.describe || type === FRONTEND.close) return this.#named(type, bytes)
      return []
    })
  }

  /** What the server says to be there: nothing else is. */
  keep(names: readonly string[]): void {
    const { statements } = this.#requester.names
    for (const name of this.#known) if (!names.includes(name)) statements.delete(name)
  }

  #named(type: number, bytes: Buffer): Buffer[] {
    const { target, name } = readTarget(bytes)
    if (target === 'P') return []
    if (type === FRONTEND.describe) return this.#needed(name)
    this.#requester.names.statements.delete(name)
    this.#known.delete(name)
    return []
  }

  #needed(name: string): Buffer[] {
    if (name === '' || this.#known.has(name)) return []
    this.#known.add(name)
    const { parse } = statementNamed(name, this.#requester)
    return parse.length === 0 ? [] : [renameParse(parse, name)]
  }

  #parsed(frame: ClientFrame): void {
    const { name, sql } = parseIn(frame)
    const { names } = this.#requester
    const command = commandOf(sql, this.#requester)
    names.statements.set(name, statementOf(sql, command, frame.bytes, names.statementName(name)))
    this.#known.add(name)
  }

  #note({ statements }: Analysis): void {
    for (const { command } of statements)
      for (const name of settingsOf(command)) if (name.includes('.')) this.settings.add(name)
  }
}

function settingsOf(command: Command): string[] {
  if (command.kind === 'set') return [command.name]
  if (command.kind !== 'setConfig') return []
  return command.calls.flatMap(({ name }) => (name.kind === 'literal' ? (name.value ?? []) : []))
}
