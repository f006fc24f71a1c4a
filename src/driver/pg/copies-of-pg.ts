/**
 * Which copies of `pg` and `pg-pool` are patched: the one this package resolves, and every other that CommonJS has loaded.
 *
 * The way into the room pg/: what is replaced in a copy of `pg` (patched-client, patched-pool), and the socket that a
 * client gets there (client-socket, virtual-socket). Hooks and `testTransaction` call it when a sandbox opens and when it
 * has closed. Without it no client of `pg` would come into a sandbox. It stands on any-driver/, which does the same for
 * sockets of the process, and switches that on and off with the patches.
 */
import { onBlockEnd } from '../../sandbox/runner-block.ts'
import { sandbox } from '../../sandbox/sandbox.ts'
import { interceptSockets, releaseSockets } from '../any-driver/interception.ts'
import { leaveSandbox as leaveWithSockets } from '../any-driver/startup-phase.ts'
import type { PgClientClass, PgPoolClass } from '../pg-types.ts'
import { resolvedPg } from '../real-pg.ts'
import { guardNative, refuseNative, releaseNative } from './native-clients.ts'
import { leaveSandbox as leaveWithClients, patchClient } from './patched-client.ts'
import { patchPool, trimPools } from './patched-pool.ts'
import { Patches } from './patches.ts'

export { giveWay } from './patched-client.ts'
export { releaseSockets } from '../any-driver/interception.ts'

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
  const resolved = resolvedPg()
  const Pool = require('pg-pool') as PgPoolClass
  const loaded = Object.values(require.cache).map((module) => module?.exports as unknown)
  const candidates = new Set([resolved.Client, Pool, ...given, ...loaded])
  for (const copy of candidates) {
    if (isClientClass(copy)) patchClient(patches, { sandbox: sandbox(), Client: copy })
    else if (isPoolClass(copy)) patchPool(patches, { sandbox: sandbox(), Pool: copy })
    else if (isNativeClass(copy)) refuseNative(patches, sandbox(), copy)
  }
  guardNative(sandbox())
  interceptSockets(sandbox(), resolved)
}

// Other files of the process have sockets, too.
onBlockEnd((isLast) => {
  if (isLast && !sandbox().isOpen) releaseSockets()
})

/** To look for copies of `pg` takes its time: once for each sandbox. Later ones are let in by their sockets. */
export function patchFirst(): void {
  if (!sandbox().isOpen) patch()
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
  releaseNative()
  releaseSockets()
}

/** What clients and pools must do differently once the sandbox is closed. */
export function leaveSandbox(): void {
  leaveWithClients()
  leaveWithSockets()
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
