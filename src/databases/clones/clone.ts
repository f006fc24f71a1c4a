/** A copy of a database, for one test: how a clone pool makes one, and how it keeps one for a person to look at. */
import { nameOf } from '../naming/database-names.ts'
import { PROCESS_KEY } from '../naming/maker.ts'
import type { CopyStrategy } from '../naming/mark.ts'
import { printLine } from '../progress-lines.ts'
import { onDatabase, printableUrl } from '../server/address.ts'
import type { Server } from '../server/server.ts'
import type { Template } from '../templates/template.ts'

export interface Clone {
  readonly name: string
  /** The server's connection string with this database. */
  readonly url: string
}

/** How many clones this process has named: no two of its clones get the same name. */
let serial = 0

export interface CloneOptions {
  readonly strategy?: CopyStrategy | undefined
  /** Stands at the end of the name. */
  readonly suffix?: string | undefined
}

/** @param from a template, or the name of a database in which no session is open */
export async function createClone(
  server: Server,
  from: Pick<Template, 'name' | 'hash'> | string,
  { strategy, suffix }: CloneOptions,
): Promise<Clone> {
  serial += 1
  const { project, run, shard, worker } = server.maker
  const key = PROCESS_KEY + serial.toString(36) + (suffix === undefined ? '' : `-${suffix}`)
  const name = nameOf({ project, purpose: 'clone', run, shard, worker, key })
  const source = typeof from === 'string' ? { name: from, hash: undefined } : from
  const mark = { purpose: 'clone', state: 'ready', hash: source.hash } as const
  await server.createDatabase(name, { from: source.name, mark, strategy })
  return { name, url: server.url(name) }
}

/**
 * Keeps a clone from the sweep, for a person to look at, and prints how.
 *
 * @param test the name of the test that used it, where that is known
 */
export async function keepClone(server: Server, { name }: Clone, test: string | undefined): Promise<void> {
  await server.query(server.markSql(name, { purpose: 'clone', state: 'kept' }))
  const whose = test === undefined ? '' : ` of the test "${test}"`
  const url = printableUrl(onDatabase(server.address, name))
  printLine(`the database${whose} is kept for a day: ${name}\n  psql '${url}'`)
}
