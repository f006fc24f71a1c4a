/** Replacements of methods of `pg-pool`: where its clients share a connection, a pool has no limit, as they cost none. */
import { lateQuery } from '../../errors.ts'
import { sandbox } from '../../sandbox/sandbox.ts'
import type { Level } from '../../sandbox/level.ts'
import type { Patches } from './patches.ts'
import { beginAnew } from './patched-client.ts'
import type { PgPool, PgPoolClass } from './pg-types.ts'

/** Pools that may hold more clients than they allow. */
const pools = new Set<PgPool>()

export function patchPool(patches: Patches, { prototype }: PgPoolClass): void {
  patches.apply(
    prototype,
    'connect',
    (connect) =>
      function patchedConnect(this: PgPool, callback) {
        const { level } = sandbox()
        if (level === undefined) return connect.call(this, callback)
        watch(this)
        return connect.call(this, callback && handOver(level, callback))
      },
  )
  patches.apply(
    prototype,
    '_isFull',
    (isFull) =>
      function patchedIsFull(this: PgPool) {
        const { level } = sandbox()
        const isShared = level !== undefined && level.scope.isolation !== 'database'
        return !isShared && isFull.call(this)
      },
  )
}

type HandOver = NonNullable<Parameters<PgPool['connect']>[0]>

/**
 * A pool hands a waiting client over in the context of whoever gave it back, and maybe after the sandbox of the caller
 * was closed: then nobody refuses what it is asked, so it must not be asked.
 */
function handOver(level: Level, callback: HandOver): HandOver {
  return (error, client, done) => {
    sandbox().runIn(level, () => {
      if (error || !level.ended || sandbox().isOpen) return callback(error, client, done)
      done()
      return callback(lateQuery('connect'), undefined, () => {})
    })
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
