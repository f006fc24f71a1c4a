/** What a fault does, once its moment has come. */
import { Client } from 'pg'
import type { Actor } from './actor.ts'
import { pause } from './pause.ts'
import type { FaultAction } from './program.ts'
import type { RunningTest } from './running-test.ts'

type ActionOf<Kind extends FaultAction['kind']> = Extract<FaultAction, { kind: Kind }>

type Given = () => Actor['client']

/**
 * @param client that of the actor whose step it is
 */
export async function act(action: FaultAction, test: RunningTest, client: Given): Promise<void> {
  const { promises, world } = test
  switch (action.kind) {
    case 'terminate':
      return signal(test, 'pg_terminate_backend(pid, 5000)', action.which === 'one' ? 1 : 100)
    case 'cancelFromOutside':
      for (let time = 0; time < action.times; time += 1) await signal(test, 'pg_cancel_backend(pid)', 1)
      return
    case 'cancelByClient':
      for (let time = 0; time < action.times; time += 1) await cancelByClient(test, client())
      return
    case 'restartFast':
      return world.restart('fast')
    case 'restartImmediate':
      return world.restart('immediate')
    case 'poolEnd':
      await test.endPool()
      return
    case 'dropped':
      // After close() it would be a real connection, which nobody ends.
      return test.isStopped ? undefined : drop(action, test)
    case 'rollbackMidway':
      test.isStopped = true
      if (test.levels > 1) await test.rollbackLevel()
      return
    case 'closeMidway':
      test.isStopped = true
      await promises.track('close() midway', () => world.sandbox.close())
      return
    default:
      return actOn(client(), action, test)
  }
}

async function actOn(client: Actor['client'], action: FaultAction, test: RunningTest): Promise<void> {
  const { promises } = test
  if (client === undefined) return
  if (action.kind === 'clientDestroyed') connectionOf(client).stream.destroy()
  if (action.kind === 'clientEnded') await promises.track('client.end() midway', () => client.end())
  if (action.kind === 'statementTimeout') {
    test.isPoolSlow = true
    const sql = `set statement_timeout = ${action.milliseconds}`
    await promises.track(sql, () => client.query(sql))
  }
  if (action.kind === 'queryTimeout') {
    const query = { text: 'select pg_sleep(0.02)', query_timeout: action.milliseconds }
    await promises.track('query_timeout', () => client.query(query))
  }
}

/** To the backends of the test, those that are busy first. */
async function signal(test: RunningTest, how: string, limit: number): Promise<void> {
  await test.world.look(
    test.database,
    `select ${how} from (select pid from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
       order by state = 'active' desc, pid limit ${limit}) backends`,
  )
}

/** A network that has gone silent takes no request: who asks gives up. */
const CANCEL_LIMIT = 500

/** A CancelRequest on a connection of its own, as Client.cancel() of pg sends it. */
async function cancelByClient({ url }: RunningTest, client: Actor['client']): Promise<void> {
  const { processID, secretKey } = (client ?? {}) as { processID?: number | null; secretKey?: number }
  if (typeof processID !== 'number' || secretKey === undefined) return
  const { hostname, port } = new URL(url)
  const connection = connectionOf(new Client({ connectionString: url }))
  const limit = setTimeout(() => connection.stream.destroy(), CANCEL_LIMIT)
  await new Promise<void>((resolve) => {
    connection.on('error', () => {}).on('end', resolve)
    connection.on('connect', () => connection.cancel(processID, secretKey))
    connection.connect(Number(port), hostname)
  })
  clearTimeout(limit)
}

/** A client that nobody holds any more, collected as garbage with its transaction. */
async function drop(action: ActionOf<'dropped'>, test: RunningTest): Promise<void> {
  await connectAndForget(action, test)
  for (let round = 0; round < 3; round += 1) {
    await pause(1)
    globalThis.gc?.()
  }
}

async function connectAndForget({ open, busy }: ActionOf<'dropped'>, test: RunningTest): Promise<void> {
  const { promises, url } = test
  const client = new Client({ connectionString: url }).on('error', () => {})
  const connected = await promises.track('connect (dropped)', () => client.connect())
  if ('error' in connected) return
  if (open) await promises.track('begin (dropped)', () => client.query('begin'))
  if (busy) void promises.track('pg_sleep (dropped)', () => client.query('select pg_sleep(0.02)'))
}

interface Connection {
  readonly stream: { destroy(): void }
  on(event: string, listener: () => void): Connection
  connect(port: number, host: string): void
  cancel(processId: number, secretKey: number): void
}

/** Of pg, below its client. */
export function connectionOf(client: object): Connection {
  return Reflect.get(client, 'connection') as Connection
}
