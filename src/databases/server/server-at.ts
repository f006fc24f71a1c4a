/** The server that a test means, by a URL or by the environment. Kinds and snapshots ask here. */
import { noServer } from '../errors.ts'
import { databaseUrl } from './database-url.ts'
import { Server } from './server.ts'

/** @param url of any database on the server. Default: what the environment names */
export function serverAt(url: string | undefined = databaseUrl(process.env)): Server {
  if (url === undefined) throw noServer()
  return Server.of(url)
}
