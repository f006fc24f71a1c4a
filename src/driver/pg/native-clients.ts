/**
 * Clients over libpq, such as `pg.native`, are refused while a level is open: their connections belong to libpq, and there is
 * no stream of Node's that could be another.
 *
 * copies-of-pg.ts calls it. A class of `pg.native` that is found refuses as the class itself would fail; one that is loaded
 * later, and whoever uses libpq without `pg`, is refused by the class of the addon, which all of them call. Without it what
 * such a client writes would be committed.
 */
import vm from 'node:vm'
import { nextTick } from '../../clock/clock.ts'
import { nativeClient } from '../../errors.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { PgClient, PgClientClass } from '../pg-types.ts'
import type { Patches } from './patches.ts'

type Callback = (error: Error) => void
type Method = (this: object, ...args: unknown[]) => unknown

/** A query object of `pg.native`, as the application may make one. */
interface NativeQuery {
  readonly submit: unknown
  readonly callback?: Callback
  emit(event: 'error', error: Error): void
}

export function refuseNative(to: Patches, sandbox: Sandbox, { prototype }: PgClientClass): void {
  to.apply(
    prototype,
    'connect',
    (connect) =>
      function refusedConnect(this: PgClient, callback) {
        if (sandbox.level === undefined) return connect.call(this, callback)
        return refuse(callback)
      },
  )
  to.apply(
    prototype,
    'query',
    (query) =>
      function refusedQuery(this: PgClient, ...args) {
        return sandbox.level === undefined ? query.apply(this, args) : refuseQuery(args)
      },
  )
}

function refuse(callback: Callback | undefined): Promise<never> | undefined {
  if (callback === undefined) return Promise.reject(nativeClient())
  nextTick(() => callback(nativeClient()))
  return undefined
}

function refuseQuery(args: readonly unknown[]): unknown {
  const given = args[0] as Partial<NativeQuery> | null | undefined
  const callback = args.find((arg) => typeof arg === 'function') as Callback | undefined
  if (typeof given?.submit !== 'function') return refuse(callback ?? given?.callback)
  const query = given as NativeQuery
  const tell = callback ?? query.callback ?? ((error: Error) => query.emit('error', error))
  nextTick(() => tell(nativeClient()))
  return query
}

/** What the addon's class connects and sends with. To end a connection, and so its transaction, stays possible. */
const SENDING: readonly string[] = [
  '$connectSync',
  '$exec',
  '$execParams',
  '$execPrepared',
  '$prepare',
  '$sendQuery',
  '$sendQueryParams',
  '$sendPrepare',
  '$sendQueryPrepared',
  '$putCopyData',
  '$putCopyEnd',
]

interface Guard {
  readonly realm: unknown
  readonly isClosed: () => boolean
}

type Dlopen = NodeJS.Process['dlopen']
interface MainProcess {
  dlopen?: Dlopen
  getBuiltinModule?(name: string): { readonly _cache?: NodeJS.Dict<NodeJS.Module> }
  [GUARD]?: Guard | undefined
}

const GUARD = Symbol.for('pg-sandbox.native.guard')
const GUARDED = Symbol.for('pg-sandbox.native.guarded')

/** An addon is loaded once for the process, whatever the realm that asks for it, such as that of a file in Jest. */
const main = vm.runInThisContext('process') as MainProcess

/** Guards the addon of libpq, and one that is loaded from now on. */
export function guardNative(sandbox: Sandbox): void {
  main[GUARD] = { realm: globalThis, isClosed: () => sandbox.level !== undefined }
  const loaded = main.getBuiltinModule?.('node:module')._cache ?? require.cache
  for (const [name, module] of Object.entries(loaded)) if (name.endsWith('.node')) guardAddon(module?.exports)
  const { dlopen } = main
  if (dlopen === undefined || GUARDED in dlopen) return
  const guarded: Dlopen = function guardedDlopen(this: unknown, module, ...args) {
    Reflect.apply(dlopen, this, [module, ...args])
    guardAddon((module as NodeJS.Module).exports)
  }
  main.dlopen = Object.assign(guarded, { [GUARDED]: true })
}

/** What is guarded stays so, and passes everything on. */
export function releaseNative(): void {
  if (main[GUARD]?.realm === globalThis) main[GUARD] = undefined
}

function guardAddon(addon: unknown): void {
  const PQ = (addon as { PQ?: { prototype?: Record<string, Method | undefined> } } | null | undefined)?.PQ
  const prototype = PQ?.prototype
  const connect = prototype?.['$connect']
  if (prototype === undefined || connect === undefined || GUARDED in connect) return
  const guarded: Method = function guardedConnect(...args) {
    if (main[GUARD]?.isClosed()) return refuse(args[1] as Callback)
    return connect.apply(this, args)
  }
  prototype['$connect'] = Object.assign(guarded, { [GUARDED]: true })
  for (const name of SENDING) {
    const send = prototype[name]
    if (send === undefined) continue
    prototype[name] = function guardedSend(...args) {
      if (main[GUARD]?.isClosed()) throw nativeClient()
      return send.apply(this, args)
    }
  }
}
