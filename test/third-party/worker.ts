// Runs the behaviours of one library, in a process of its own.
import { behaviours } from './behaviours/index.ts'
import type { Behaviour } from './behaviour.ts'
import type { Adapter, Instance } from './instance.ts'
import { type Order, type Report, type Run, RUNS } from './messages.ts'
import { Stage } from './stage.ts'

const order = JSON.parse(process.argv[2]!) as Order

async function main(): Promise<void> {
  const { adapter } = (await import(`./adapters/${order.adapter}.js`)) as { adapter: Adapter }
  for (const url of order.prepare ?? []) await adapter.prepare?.(url)
  await tell({ kind: 'ready', cannot: {}, unreliable: {}, notes: {}, empty: '', ...pick(adapter) })
  for (const sandboxed of [false, true]) {
    const stage = new Stage(adapter, sandboxed, sandboxed ? order.sandboxed : order.plain)
    await stage.begin()
    for (const one of behaviours) {
      for (const run of RUNS) {
        if ((run === 'plain') === sandboxed || order.skip.includes(`${one.id} ${run}`)) continue
        await runOne(stage, one, run, adapter)
      }
    }
    await stage.end()
  }
  await tell({ kind: 'end' })
  process.disconnect?.()
}

async function runOne(stage: Stage, one: Behaviour, run: Run, adapter: Adapter): Promise<void> {
  const cannot = adapter.cannot?.[one.id] !== undefined
  if (!stage.isOpen) await stage.begin()
  const instance = await stage.instance(one.database)
  if (!applies(one, instance, adapter)) return tell({ kind: 'ran', id: one.id, run, applies: false })
  if (adapter.unreliable?.[one.id] !== undefined) return
  if (cannot ? run !== 'first' : run === 'plain' && one.onlySandboxed) return
  await tell({ kind: 'running', id: one.id, run })
  const error = await stage.run(one)
  await tell({ kind: 'ran', id: one.id, run, applies: true, ...(error && { error }) })
}

function pick({ cannot, unreliable, notes, empty }: Adapter): object {
  return {
    ...(cannot && { cannot }),
    ...(unreliable && { unreliable }),
    ...(notes && { notes }),
    ...(empty && { empty }),
  }
}

function applies(one: Behaviour, instance: Instance, adapter: Adapter): boolean {
  if (one.needsOnConnect && !adapter.takesOnConnect) return false
  if (one.needsUnique && adapter.replaces) return false
  if (one.needsHandles && adapter.ambientTransactions) return false
  return one.needs.every((need) => instance[need] !== undefined)
}

/** Waits until the other side has looked at the databases. */
function tell(report: Report): Promise<void> {
  return new Promise((resolve) => {
    process.once('message', () => resolve())
    process.send!(report)
  })
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
