/** Replacements of methods of `pg.Client`: where a client gets its virtual socket, and where a query gets its level. */
import { lateQuery } from '../../errors.ts'
import { isOutside } from '../../outside-client.ts'
import { type Sandbox, sandbox } from '../../sandbox/sandbox.ts'
import type { Level } from '../../sandbox/level.ts'
import { VirtualConnection } from '../../client/virtual-connection.ts'
import { knowServer } from '../any-driver/addresses.ts'
import {
  addressOf,
  connectionKey,
  databaseOf,
  loginOf,
  startupParameters,
  startupSettings,
} from './client-identity.ts'
import type { Patches } from './patches.ts'
import { nextTick } from '../../clock/clock.ts'
import type { PgClient, PgClientClass, PgQuery } from './pg-types.ts'
import { isDefaultStream, isVirtual, markReal, openServer, type RealPg } from '../open-server.ts'
import { VirtualSocket } from './virtual-socket.ts'

/** The level in which each query was called; outside is remembered too, as a query may wait. */
const levels = new WeakMap<object, Level | 'outside'>()
const sockets = new WeakMap<PgClient, VirtualSocket>()
/** Statements that a client has prepared on its own connection, with their texts. */
const preparedOutside = new WeakMap<PgClient, Record<string, string>>()
/** Clients with a virtual socket that are still connected. */
const virtual = new Set<PgClient>()

export function patchClient(patches: Patches, Client: PgClientClass): void {
  const { prototype } = Client
  const real = realPg(Client)
  patches.apply(
    prototype,
    'connect',
    (connect) =>
      function patchedConnect(this: PgClient, ...args) {
        if (isOutside(this)) keepReal(this)
        else if (sandbox().level !== undefined) {
          if (isFresh(this)) virtualize(sandbox(), real, this)
          else markReal(this.connection.stream)
        }
        return connect.apply(this, args)
      },
  )
  patches.apply(
    prototype,
    'query',
    (query) =>
      function patchedQuery(this: PgClient, ...args) {
        return callQuery(this, () => query.apply(this, args))
      },
  )
  patches.apply(prototype, 'cancel', cancelInside)
  patches.apply(
    prototype,
    '_pulseQueryQueue',
    (pulse) =>
      function patchedPulse(this: PgClient) {
        const queue = queueOf(this)
        remember(this, queue)
        if (this.pipeline) return pulsePipeline(this, real, queue, pulse)
        if (this.readyForQuery && queue.length > 0) enter(this, real, levelOf(queue[0]!))
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

const reals = new WeakMap<PgClientClass, RealPg>()

/** The real methods of a copy of `pg`: as they were when it was first patched. */
export function realPg(Client: PgClientClass): RealPg {
  const real = reals.get(Client) ?? { Client, connect: Client.prototype.connect }
  reals.set(Client, real)
  return real
}

/** The client whose query() is being called. */
let calling: PgClient | undefined

function callQuery(client: PgClient, query: () => unknown): unknown {
  const outer = calling
  calling = client
  try {
    return query()
  } finally {
    calling = outer
  }
}

/** A query's level is that of its call. One that waited before the sandbox began belongs outside. */
function remember(client: PgClient, queue: readonly object[]): void {
  const last = queue.at(-1)
  if (last !== undefined && calling === client && !levels.has(last))
    levels.set(last, sandbox().level ?? 'outside')
}

function levelOf(query: object): Level | undefined {
  const level = levels.get(query)
  return level === 'outside' ? undefined : level
}

/** A pipelining client submits all that waits at once; each in its own level. */
function pulsePipeline(client: PgClient, real: RealPg, queue: PgQuery[], pulse: () => void): void {
  const waiting = queue.splice(0)
  for (let query = waiting.shift(); query !== undefined; query = waiting.shift()) {
    queue.push(query)
    if (client._connected) enter(client, real, levelOf(query))
    pulse.call(client)
    if (queue.length > 0) break
  }
  queue.push(...waiting)
  if (queue.length === 0) pulse.call(client)
}

function enter(client: PgClient, real: RealPg, level: Level | undefined): void {
  const socket = sockets.get(client)
  if (socket !== undefined) {
    if (socket.level === undefined && level !== undefined) rememberPrepared(client)
    socket.level = level
    return
  }
  const { stream } = client.connection
  // In the sandbox by another copy of this package, or let in as a client of any driver.
  if (isVirtual(stream) || isOutside(client)) return
  if (level !== undefined && isJoinable(client)) join(sandbox(), real, client, level)
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
    !client.connectionParameters.replication &&
    !sockets.has(client)
  )
}

function isJoinable(client: PgClient): boolean {
  return client._connected && !client._ending && !client.connectionParameters.replication
}

/** Gives a client that is about to connect its virtual socket. */
function virtualize(owner: Sandbox, real: RealPg, client: PgClient): void {
  const { connection } = client
  let ownStream: unknown = isDefaultStream(connection.stream) ? undefined : connection.stream
  const takeStream = (): unknown => {
    const stream = ownStream
    ownStream = undefined
    return stream
  }
  const socket = makeSocket(owner, real, client, takeStream)
  const { ssl } = connection
  connection.stream = socket
  // Encryption is between the sandbox and the server; the client's own settings stay as they are.
  connection.ssl = false
  connection.requestSsl = () => connection.emit('sslconnect')
  connection.once('connect', () => {
    connection.ssl = ssl
    if (ssl && client.sslNegotiation === 'direct') connection.emit('sslconnect')
  })
}

/** A client that comes in knows the statements of its own connection: those it goes on with outside. */
function rememberPrepared(client: PgClient): void {
  preparedOutside.set(client, { ...client.connection.parsedStatements })
}

/** Puts a virtual socket before the real one of a client that was connected before the sandbox began. */
function join(owner: Sandbox, real: RealPg, client: PgClient, level: Level): void {
  const { connection } = client
  const existing = markReal(connection.stream)
  rememberPrepared(client)
  const listeners = takeListeners(existing)
  const socket = makeSocket(owner, real, client, () => undefined, existing)
  for (const [event, listener] of listeners) socket.on(event, listener)
  // Under encryption the client watches a socket beneath this one.
  let reason: Error | undefined
  socket.on('error', (error) => (reason = error)).on('close', () => existing.destroy(reason))
  socket.level = level
  connection.stream = socket
}

type Listener = (...values: unknown[]) => void

/** What the client reads, and whether that has ended, it learns from its virtual socket. */
function takeListeners(from: PgClient['connection']['stream']): [event: string, listener: Listener][] {
  const events = 'encrypted' in from ? ['data'] : ['data', 'error', 'close']
  return events.flatMap((event) => {
    const listeners = from.listeners(event) as Listener[]
    for (const listener of listeners) from.off(event, listener)
    return listeners.map((listener): [string, Listener] => [event, listener])
  })
}

function makeSocket(
  owner: Sandbox,
  real: RealPg,
  client: PgClient,
  takeStream: () => unknown,
  existing?: PgClient['connection']['stream'],
): VirtualSocket {
  const key = connectionKey(client)
  const { host, port } = client.connectionParameters
  knowServer({ host: host ?? 'localhost', port })
  const login = loginOf(client)
  const base = existing === undefined ? startupSettings(client) : undefined
  const socket = new VirtualSocket(
    owner,
    (side) =>
      new VirtualConnection(
        {
          key,
          database: databaseOf(client),
          login,
          ...(existing === undefined ? {} : { processId: client.processID }),
          ...(base === undefined ? {} : { settings: base, parameters: startupParameters(client) }),
          address: addressOf(client),
          openServer: (purpose, database) =>
            openServer(real, client, purpose, { stream: takeStream(), database }),
          queued: () => queueOf(client).map(levelOf),
          preparedBefore: (name) => preparedOutside.get(client)?.[name],
          push: (bytes) => side.tell(bytes),
          end: (reason) => side.hangUp(reason),
        },
        existing,
      ),
  )
  sockets.set(client, socket)
  virtual.add(client)
  socket.once('close', () => virtual.delete(client))
  return socket
}

/**
 * Once the sandbox is closed, its clients are outside. They prepare their statements again, as the pinned connections
 * took them along, and what they still had to submit from inside is rejected.
 */
export function leaveSandbox(): void {
  for (const client of virtual) {
    const socket = sockets.get(client)!
    rejectLate(client, queueOf(client))
    socket.level = undefined
    if (client._connecting) socket.connection.disconnect(lateQuery('connect'))
    else socket.connection.leave()
    const outside = socket.connection.outside.isOpen ? preparedOutside.get(client) : undefined
    client.connection.parsedStatements = outside ?? {}
  }
}

/** No client stays connected to a database that is to be cloned. One that cannot leave it is told of when it is in the way. */
export async function giveWay(): Promise<void> {
  const idle = [...virtual].filter(({ readyForQuery }) => readyForQuery)
  const leaving = idle.flatMap((client) => sockets.get(client)!.connection.outside.enter(true) ?? [])
  await Promise.allSettled(leaving)
}

/** A pool hands the client to somebody else: what its last holder left open is not the next one's. */
export function beginAnew(client: PgClient): void {
  const socket = sockets.get(client)
  if (socket !== undefined) socket.connection.isCutOff = false
}

function rejectLate(client: PgClient, queue: PgQuery[]): void {
  const late = queue.filter((query) => levelOf(query) !== undefined)
  queue.splice(0, queue.length, ...queue.filter((query) => !late.includes(query)))
  for (const query of late) nextTick(() => query.handleError(lateQuery(query.text ?? ''), client.connection))
}

function queueOf(client: PgClient): PgQuery[] {
  return client._queryQueue ?? client.queryQueue!
}
