/** How an actor takes a step. */
import type { Readable, Writable } from 'node:stream'
import type { Submittable } from 'pg'
import { CursorClass } from '../query.ts'
import type { Actor } from './actor.ts'
import type { Outcome } from './outcomes.ts'
import { pause } from './pause.ts'
import type { Step } from './program.ts'

const copy: {
  from(text: string): Submittable & Writable
  to(text: string): Submittable & Readable
} = require('pg-copy-streams')

type StepOf<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>

/** Takes a step; false when it has failed. Levels and control of transactions are not for an actor without a client. */
export async function take(step: Step, actor: Actor): Promise<boolean> {
  const { through } = actor.plan
  const hasClient = through !== 'pool'
  const mayStream = hasClient && through !== 'pipelined'
  switch (step.kind) {
    case 'statement': {
      if (!hasClient && opensTransaction(step.sql)) return true
      const outcome = await actor.query(step)
      listenTo(step.sql, actor)
      return succeeded(outcome)
    }
    case 'mark':
      return succeeded(await actor.mark())
    case 'begin':
    case 'commit':
    case 'rollback':
      return hasClient ? succeeded(await actor[step.kind]()) : true
    case 'transaction':
      return hasClient ? takeTransaction(step, actor) : takeAll(step.steps, actor)
    case 'pipeline':
      return takePipeline(step, actor)
    case 'pages':
      return mayStream ? takePages(step, actor) : true
    case 'copyIn':
      return mayStream ? takeCopyIn(step, actor) : true
    case 'copyOut':
      return mayStream ? takeCopyOut(step, actor) : true
    case 'pause':
      await pause(step.milliseconds)
      return true
    case 'level':
      return takeLevel(step, actor)
  }
}

function succeeded(outcome: Outcome): boolean {
  return 'value' in outcome
}

const opensTransaction = (sql: string): boolean => /\bbegin\b/.test(sql) && !/\b(commit|rollback)$/.test(sql)

/** Does a statement in a text change what is known of the transaction? */
function listenTo(sql: string, actor: Actor): void {
  if (/\b(begin|commit|rollback)\b(?! to)/.test(sql)) actor.lookAway()
  else if (/\bsavepoint\b/.test(sql)) actor.doubt()
}

/** One after the other, until one fails. */
async function takeAll(steps: readonly Step[], actor: Actor): Promise<boolean> {
  for (const step of steps) {
    if (actor.test.isStopped || !(await take(step, actor))) return false
  }
  return true
}

async function takeTransaction({ steps, end }: StepOf<'transaction'>, actor: Actor): Promise<boolean> {
  const { client } = actor
  if (!succeeded(await actor.begin())) return false
  const isDone = await takeAll(steps, actor)
  if (actor.test.isStopped || end === 'none') return isDone
  // A client that came in place of a lost one knows nothing of the transaction.
  if (client !== undefined && client !== actor.client) return false
  return succeeded(await (isDone && end === 'commit' ? actor.commit() : actor.rollback()))
}

async function takePipeline({ units }: StepOf<'pipeline'>, actor: Actor): Promise<boolean> {
  const isPool = actor.plan.through === 'pool'
  const sent = isPool ? units.filter(({ sql }) => !opensTransaction(sql)) : units
  if (!isPool) await actor.ready()
  const outcomes = await Promise.all(sent.map((unit) => actor.query(unit)))
  for (const { sql } of units) listenTo(sql, actor)
  return outcomes.every(succeeded)
}

async function takePages({ sql, reads }: StepOf<'pages'>, actor: Actor): Promise<boolean> {
  const client = await actor.ready()
  if (client === undefined || actor.test.isStopped) return false
  const { promises } = actor.test
  const opened = await promises.track('cursor', () => client.query(new CursorClass(sql)))
  if ('error' in opened) return false
  for (const rows of reads) {
    const read = await promises.track(`cursor.read ${rows}`, () => actor.untilEnd(opened.value.read(rows)))
    // After an error the cursor has said Sync by itself, and close() would wait for another ReadyForQuery.
    if ('error' in read) {
      actor.doubt()
      return false
    }
  }
  return succeeded(await promises.track('cursor.close', () => actor.untilEnd(opened.value.close())))
}

async function takeCopyIn({ rows, end }: StepOf<'copyIn'>, actor: Actor): Promise<boolean> {
  const client = await actor.ready()
  if (client === undefined || actor.test.isStopped) return false
  const outcome = await actor.test.promises.track('copy from stdin', async () => {
    const stream = client.query(copy.from('copy notes from stdin'))
    const state = { isOpen: true }
    const done = new Promise<void>((resolve, reject) => {
      stream.once('finish', resolve).on('error', (error) => {
        state.isOpen = false
        reject(error)
      })
    })
    done.catch(() => {})
    for (let row = 0; row < rows && state.isOpen; row += 1) {
      stream.write(`${2000 + row}\t${'z'.repeat(40)}\n`)
      if (row % 500 === 2) await pause(2)
    }
    // After an error the stream has let go of its client, and would fall over itself.
    if (state.isOpen && end === 'end') stream.end()
    else if (state.isOpen) stream.destroy(new Error('given up'))
    await actor.untilEnd(done)
  })
  if ('error' in outcome) actor.doubt()
  return succeeded(outcome)
}

async function takeCopyOut({ sql }: StepOf<'copyOut'>, actor: Actor): Promise<boolean> {
  const client = await actor.ready()
  if (client === undefined || actor.test.isStopped) return false
  const outcome = await actor.test.promises.track('copy to stdout', async () => {
    const stream = client.query(copy.to(`copy (${sql}) to stdout`))
    const done = new Promise<void>((resolve, reject) => {
      stream.resume().once('end', resolve).on('error', reject)
    })
    await actor.untilEnd(done)
  })
  if ('error' in outcome) actor.doubt()
  return succeeded(outcome)
}

async function takeLevel({ steps }: StepOf<'level'>, actor: Actor): Promise<boolean> {
  const { test } = actor
  await test.startLevel()
  const isDone = await takeAll(steps, actor)
  if (test.isStopped) return false
  await test.verify(test.ledger)
  // Given up meanwhile, the test ends its levels itself.
  if (test.isStopped) return false
  return succeeded(await test.rollbackLevel()) && isDone
}
