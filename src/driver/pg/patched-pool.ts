/**
 * Replacements of methods of `pg-pool`: where its clients share a connection, a pool has no limit, as they cost none.
 *
 * copies-of-pg.ts puts them on each copy. Without them a pool of one client, with a query beside a transaction in it,
 * would wait for ever, and a client that was handed over late would belong to whoever gave it back.
 */
import { lateQuery } from '../../errors.ts'
import type { Level } from '../../sandbox/level.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { PgPool, PgPoolClass } from '../pg-types.ts'
import { beginAnew } from './patched-client.ts'
import type { Patches } from './patches.ts'

/** Pools that may hold more clients than they allow. */
const pools = new Set<PgPool>()

/** The level of the connect() that is being called, which asks at once whether the pool is full. */
let connecting: Level | undefined

export function patchPool(
  patches: Patches,
  { sandbox, Pool: { prototype } }: { sandbox: Sandbox; Pool: PgPoolClass },
): void {
  patches.apply(
    prototype,
    'connect',
    (connect) =>
      function patchedConnect(this: PgPool, callback) {
        const { level } = sandbox
        if (level === undefined) return connect.call(this, callback)
        if (!pools.has(this)) watch(this)
        const outer = connecting
        connecting = level
        try {
          return connect.call(this, callback && handOver(sandbox, level, callback))
        } finally {
          connecting = outer
        }
      },
  )
  patches.apply(
    prototype,
    '_isFull',
    (isFull) =>
      function patchedIsFull(this: PgPool) {
        const level = connecting ?? sandbox.level
        const isShared = level !== undefined && level.scope.isolation !== 'database'
        return !isShared && isFull.call(this)
      },
  )
}

type HandOver = NonNullable<Parameters<PgPool['connect']>[0]>

/**
 * A pool hands a waiting client over in the context of whoever gave it back, after a deeper level was opened, and maybe after
 * the sandbox of the caller was closed: then nobody refuses what it is asked, so it must not be asked.
 */
function handOver(sandbox: Sandbox, level: Level, callback: HandOver): HandOver {
  return (error, client, done) => {
    const hand = (): void => {
      if (error || !level.ended || sandbox.isOpen) return callback(error, client, done)
      done()
      return callback(lateQuery('connect'), undefined, () => {})
    }
    sandbox.runIn(level, hand, true)
  }
}

/** Pools that tell when they hand a client out; they go on telling after the sandbox, when a client may still be cut off. */
const watched = new WeakSet<PgPool>()

function watch(pool: PgPool): void {
  pools.add(pool)
  if (watched.has(pool)) return
  watched.add(pool)
  pool.on('acquire', beginAnew)
}

/** Ends idle clients beyond the pools' limits, once the sandbox is closed and the limits count again. */
export function trimPools(): void {
  for (const pool of pools) {
    for (const { client } of pool._idle.slice())
      if (pool._clients.length > pool.options.max) pool._remove(client)
  }
  pools.clear()
}
