/** Which copies of `pg` and `pg-pool` are patched: the one this package resolves, and every other that CommonJS has loaded. */
import { leaveSandbox as leaveWithClients, patchClient } from './client.ts'
import { Patches } from './patches.ts'
import type { PgClientClass, PgPoolClass } from './pg-types.ts'
import { patchPool, trimPools } from './pool.ts'

const patches = new Patches()

/** Replaces the methods; those of a copy that is patched already are left. */
export function patch(): void {
  const { Client } = require('pg') as { Client: PgClientClass }
  const Pool = require('pg-pool') as PgPoolClass
  const loaded = Object.values(require.cache).map((module) => module?.exports as unknown)
  const clients = new Set([Client, ...loaded.filter(isClientClass)])
  const pools = new Set([Pool, ...loaded.filter(isPoolClass)])
  for (const copy of clients) patchClient(patches, copy)
  for (const copy of pools) patchPool(patches, copy)
}

export function unpatch(): void {
  patches.restore()
}

/** What clients and pools must do differently once the sandbox is closed. */
export function leaveSandbox(): void {
  leaveWithClients()
  trimPools()
}

function hasOwnMethods(candidate: unknown, ...names: readonly string[]): boolean {
  if (typeof candidate !== 'function') return false
  const prototype: unknown = candidate.prototype
  return prototype instanceof Object && names.every((name) => Object.hasOwn(prototype, name))
}

function isClientClass(candidate: unknown): candidate is PgClientClass {
  return hasOwnMethods(candidate, 'connect', 'query', '_pulseQueryQueue', 'getStartupConf')
}

function isPoolClass(candidate: unknown): candidate is PgPoolClass {
  return hasOwnMethods(candidate, 'connect', '_isFull', '_pulseQueue')
}
