/** A copy of a database, for one test. */
import { randomBytes } from 'node:crypto'
import { onDatabase, printableUrl } from '../server/address.ts'
import type { CopyStrategy } from '../server/copy-strategy.ts'
import { nameOf } from '../naming/database-names.ts'
import type { Server } from '../server/server.ts'
import type { Template } from '../templates/template.ts'
import { tell } from '../progress-lines.ts'

export interface Clone {
  readonly name: string
  /** The server's connection string with this database. */
  readonly url: string
}

/** Names are told apart by this and a number, in whatever process or realm of it they are made. */
const OWN = randomBytes(3).toString('hex')
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
  const key = OWN + serial.toString(36) + (suffix === undefined ? '' : `-${suffix}`)
  const name = nameOf({ project, purpose: 'clone', run, shard, worker, key })
  const source = typeof from === 'string' ? { name: from, hash: undefined } : from
  const mark = { purpose: 'clone', state: 'ready', hash: source.hash } as const
  await server.createDatabase(name, { from: source.name, mark, strategy })
  return { name, url: server.url(name) }
}

/**
 * Takes a clone from those that are swept, for a person to look at, and prints how.
 *
 * @param test the name of the test that used it, where that is known
 */
export async function keepClone(server: Server, { name }: Clone, test: string | undefined): Promise<void> {
  await server.query(server.markSql(name, { purpose: 'clone', state: 'kept' }))
  const whose = test === undefined ? '' : ` of the test "${test}"`
  const url = printableUrl(onDatabase(server.connection, name))
  tell(`the database${whose} is kept for a day: ${name}\n  psql '${url}'`)
}
