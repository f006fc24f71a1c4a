import { randomBytes } from 'node:crypto'
import { type Maker, makerOf } from '../../src/databases/naming/maker.ts'
import { Server } from '../../src/databases/server/server.ts'

export type ProjectOnServer = {
  /** What `PG_SANDBOX_PROJECT` is set to for it. */
  readonly name: string
  readonly maker: Maker
  /** The server as this process sees it. */
  server(): Server
  /** The names of the databases that it has on the server. */
  names(): Promise<string[]>
}

/** A project of the test file's own, whose databases are dropped when the file has run. */
export function useProject(url: () => string): ProjectOnServer {
  const name = `wing ${randomBytes(4).toString('hex')}`
  const maker = makerOf({ PG_SANDBOX_PROJECT: name }, '.')
  const server = (): Server => Server.of(url(), maker)
  const names = async () => (await server().databases()).map((database) => database.name)

  afterAll(async () => {
    for (const left of await names()) await server().dropDatabase(left)
  })

  return { name, maker, server, names }
}
