/**
 * Replacements of methods of `pg.Client`: when a client gets its virtual socket, and when a query gets its level.
 *
 * copies-of-pg.ts puts them on each copy. They pass everything on while no level is open; without them queries of
 * clients would reach the server as they are, and commit.
 */
import { nextTick } from '../../clock/clock.ts'
import { lateQuery, type SandboxError } from '../../errors.ts'
import { isOutside } from '../../outside-client.ts'
import type { Level } from '../../sandbox/level.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { sqlForReplication } from '../errors.ts'
import { isVirtual, markReal } from '../marks.ts'
import type { PgClient, PgClientClass, PgQuery } from '../pg-types.ts'
import { realPg } from '../real-pg.ts'
import { isOrdinarySql, replicates } from '../replication.ts'
import {
  bringPrepared,
  connected,
  type Entrance,
  join,
  rememberPrepared,
  sockets,
  virtualize,
} from './client-socket.ts'
import type { Patches } from './patches.ts'
import { noteLevel, queryLevels, queueOf } from './query-levels.ts'

export function patchClient(
  patches: Patches,
  { sandbox, Client }: { sandbox: Sandbox; Client: PgClientClass },
): void {
  const { prototype } = Client
  const entrance: Entrance = { sandbox, real: realPg(Client) }
  patches.apply(
    prototype,
    'connect',
    (connect) =>
      function patchedConnect(this: PgClient, ...args) {
        if (isOutside(this)) keepReal(this)
        else if (sandbox.level !== undefined) {
          if (isFresh(this)) virtualize(entrance, this)
          else markReal(this.connection.stream)
        }
        return connect.apply(this, args)
      },
  )
  patches.apply(prototype, 'query', callQuery)
  patches.apply(prototype, 'cancel', cancelInside)
  patches.apply(
    prototype,
    '_pulseQueryQueue',
    (pulse) =>
      function patchedPulse(this: PgClient) {
        const queue = queueOf(this)
        if (calling === this) noteLevel(sandbox, queue)
        if (this.connectionParameters.replication) refuseSql(this, queue)
        if (this.pipeline) return pulsePipeline(this, queue, { ...entrance, pulse })
        if (this.readyForQuery && queue.length > 0) enter(this, queryLevels.get(queue[0]!), entrance)
        pulse.call(this)
      },
  )
}

/** Inside the sandbox the process id of a client may be one that the server does not know. */
function cancelInside(cancel: PgClient['cancel']): PgClient['cancel'] {
  return function patchedCancel(this: PgClient, target: PgClient, query: object): void {
    const socket = sockets.get(target)
    if (socket?.level === undefined || target.activeQuery !== query) cancel.call(this, target, query)
    else socket.connection.cancel()
  }
}

/** The client whose query() is being called: what its queue gets meanwhile is of this call. */
let calling: PgClient | undefined

function callQuery(query: PgClient['query']): PgClient['query'] {
  return function patchedQuery(this: PgClient, ...args: unknown[]): unknown {
    const outer = calling
    // oxlint-disable-next-line typescript/no-this-alias -- known to _pulseQueryQueue, which the call reaches through pg
    calling = this
    try {
      return query.apply(this, args)
    } finally {
      calling = outer
    }
  }
}

/** A pipelining client submits all that waits at once; each in its own level. */
function pulsePipeline(
  client: PgClient,
  queue: PgQuery[],
  { pulse, ...entrance }: Entrance & { readonly pulse: () => void },
): void {
  const waiting = queue.splice(0)
  for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
    queue.push(query)
    if (client._connected) enter(client, queryLevels.get(query), entrance)
    pulse.call(client)
    if (queue.length > 0) break
  }
  queue.push(...waiting)
  if (queue.length === 0) pulse.call(client)
}

/** The client is about to submit a query that was called in `level`. */
function enter(client: PgClient, level: Level | undefined, entrance: Entrance): void {
  const socket = sockets.get(client)
  if (socket !== undefined) {
    if (socket.level === undefined && level !== undefined) rememberPrepared(client)
    socket.level = level
    return
  }
  const { stream } = client.connection
  // In the sandbox by another copy of this package, or let in as a client of any driver.
  if (isVirtual(stream) || isOutside(client)) return
  if (level !== undefined && isJoinable(client)) join(entrance, client, level)
  else markReal(stream)
}

/** Its socket leads to the server, and so does the one that encryption puts in the place of it. */
function keepReal({ connection }: PgClient): void {
  markReal(connection.stream)
  connection.once('sslconnect', () => markReal(connection.stream))
}

function isFresh(client: PgClient): boolean {
  return (
    !client._connecting &&
    !client._connected &&
    !replicates(client.connectionParameters.replication) &&
    !sockets.has(client)
  )
}

function isJoinable(client: PgClient): boolean {
  return client._connected && !client._ending && !replicates(client.connectionParameters.replication)
}

/**
 * Once the sandbox is closed, its clients are outside. They prepare their statements again, as the pinned connections
 * took them along, and what they still had to submit from inside is rejected.
 */
export function leaveSandbox(): void {
  for (const client of connected) {
    const socket = sockets.get(client)!
    rejectLate(client, queueOf(client))
    socket.level = undefined
    if (client._connecting) socket.connection.disconnect(lateQuery('connect'))
    else socket.connection.leave()
    bringPrepared(client, socket)
  }
}

/** No client stays connected to a database that is to be cloned. One that cannot leave it is told of when it is in the way. */
export async function giveWay(): Promise<void> {
  const idle = [...connected].filter(({ readyForQuery }) => readyForQuery)
  const leaving = idle.flatMap(
    (client) => sockets.get(client)!.connection.outside.connection?.enter(true) ?? [],
  )
  await Promise.allSettled(leaving)
}

/** A pool hands the client to somebody else: what its last holder left open is not the next one's. */
export function beginAnew(client: PgClient): void {
  const socket = sockets.get(client)
  if (socket !== undefined) socket.connection.cutOff = undefined
}

function rejectLate(client: PgClient, queue: PgQuery[]): void {
  reject(client, queue, (query) => isInside(query) && lateQuery(query.text ?? ''))
}

/** A connection for replication leads to the server itself. */
function refuseSql(client: PgClient, queue: PgQuery[]): void {
  if (!replicates(client.connectionParameters.replication)) return
  reject(
    client,
    queue,
    (query) => isInside(query) && isOrdinarySql(query.text) && sqlForReplication(query.text ?? ''),
  )
}

function isInside(query: PgQuery): boolean {
  return queryLevels.get(query) !== undefined
}

/** Takes those for which there is an error out of what waits in the client. */
function reject(client: PgClient, queue: PgQuery[], refusal: (query: PgQuery) => SandboxError | false): void {
  for (const query of queue.splice(0)) {
    const error = refusal(query)
    if (error === false) queue.push(query)
    else nextTick(() => query.handleError(error, client.connection))
  }
}
