/** Which copies of `pg` and `pg-pool` are patched: the one this package resolves, and every other that CommonJS has loaded. */
import { nativeClient } from '../../errors.ts'
import { sandbox } from '../../sandbox/sandbox.ts'
import { leaveSandbox as leaveWithClients, patchClient, realPg } from './patched-client.ts'

export { giveWay } from './patched-client.ts'
import { interceptSockets, releaseSockets } from '../any-driver/interception.ts'
import { nextTick } from '../../clock/clock.ts'
import { dismissGuests } from '../any-driver/startup-phase.ts'
import { Patches } from './patches.ts'
import type { RealPg } from '../open-server.ts'
import type { PgClient, PgClientClass, PgPoolClass } from './pg-types.ts'
import { patchPool, trimPools } from './patched-pool.ts'

const patches = new Patches()

/** Copies that the application has named. */
const given = new Set<unknown>()

/**
 * Replaces the methods; those of a copy that is patched already are left.
 *
 * @param pg a copy of `pg`, or one of its classes, that cannot be found by itself
 */
export function patch(pg?: unknown): void {
  for (const named of classesOf(pg)) given.add(named)
  const own = ownPg()
  const Pool = require('pg-pool') as PgPoolClass
  const loaded = Object.values(require.cache).map((module) => module?.exports as unknown)
  const candidates = new Set([own.Client, Pool, ...given, ...loaded])
  for (const copy of candidates) {
    if (isClientClass(copy)) patchClient(patches, copy)
    else if (isPoolClass(copy)) patchPool(patches, copy)
    else if (isNativeClass(copy)) refuseNative(patches, copy)
  }
  interceptSockets(sandbox, own)
}

/** To look for copies of `pg` takes its time: once for each sandbox. Later ones are let in by their sockets. */
export function patchFirst(): void {
  if (!sandbox().isOpen) patch()
}

/** The copy of `pg` with which other drivers are logged in. */
export function ownPg(): RealPg {
  return realPg((require('pg') as { Client: PgClientClass }).Client)
}

/** The classes of a module of `pg`, with those that they extend. */
function classesOf(pg: unknown): unknown[] {
  if (typeof pg === 'function') return [pg, Object.getPrototypeOf(pg)]
  if (typeof pg !== 'object' || pg === null) return []
  const { Client, Pool, default: main } = pg as Record<string, unknown>
  return [...classesOf(Client), ...classesOf(Pool), ...(main === pg ? [] : classesOf(main))]
}

export function unpatch(): void {
  patches.restore()
  releaseSockets()
}

/** The client over libpq has no stream that could be another. */
function refuseNative(to: Patches, { prototype }: PgClientClass): void {
  to.apply(
    prototype,
    'connect',
    (connect) =>
      function refusedConnect(this: PgClient, callback) {
        if (sandbox().level === undefined) return connect.call(this, callback)
        if (callback === undefined) return Promise.reject(nativeClient())
        nextTick(() => callback(nativeClient()))
        return undefined
      },
  )
}

/** What clients and pools must do differently once the sandbox is closed. */
export function leaveSandbox(): void {
  leaveWithClients()
  dismissGuests()
  trimPools()
}

function hasOwnMethods(candidate: unknown, ...names: readonly string[]): boolean {
  if (typeof candidate !== 'function') return false
  const prototype: unknown = candidate.prototype
  // Not instanceof: in Jest the classes of Node itself, which these extend, are of another realm.
  if (typeof prototype !== 'object' || prototype === null) return false
  return names.every((name) => Object.hasOwn(prototype, name))
}

function isClientClass(candidate: unknown): candidate is PgClientClass {
  return hasOwnMethods(candidate, 'connect', 'query', '_pulseQueryQueue', 'getStartupConf')
}

function isNativeClass(candidate: unknown): candidate is PgClientClass {
  return (
    hasOwnMethods(candidate, 'connect', 'query', '_pulseQueryQueue', '_errorAllQueries', 'setTypeParser') &&
    !hasOwnMethods(candidate, 'getStartupConf')
  )
}

function isPoolClass(candidate: unknown): candidate is PgPoolClass {
  return hasOwnMethods(candidate, 'connect', '_isFull', '_pulseQueue')
}
