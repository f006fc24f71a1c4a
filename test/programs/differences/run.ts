import { cursorPages } from './cursor-pages.ts'
import type { Patience } from '../patience.ts'
import { type Program, type Step, type Statement } from './program.ts'
import type { RecordedClient } from './recorded-client.ts'

/** Where a program runs: on a plain server, or in the sandbox. */
export interface Side {
  /** Clients by their numbers, from 1. */
  open(clients: number): Promise<RecordedClient[]>
  /** The client ends, and a new one takes its number. */
  replace(client: RecordedClient): Promise<RecordedClient>
  /** Opens a level, runs the noise in it, and rolls it back; nothing on a plain server. */
  level(steps: readonly Step[]): Promise<void>
  /** Waits until notifications have come by themselves; undefined where nobody can tell how long that takes. */
  readonly deliver?: () => Promise<void>
  /** Ends all clients; gives what a new client sees in the tables. */
  finish(program: Program): Promise<string[]>
}

/** What came back from one step, line by line; undefined: left out, since another client had a transaction open. */
export type Lines = readonly string[] | undefined

export type Run = {
  /** What the clients were told when they connected. */
  readonly start: readonly string[]
  readonly steps: readonly Lines[]
  /** What a new client saw at the end; empty when the run has ended early. */
  readonly end: readonly string[]
}

/**
 * Runs a program. A step is left out while another client has a transaction open: a plain server would let it run side
 * by side, in the sandbox it would have to wait. With `plain`, the record of the plain run, the same steps are left out,
 * and the run ends at the first step with another answer.
 */
export async function runProgram(
  program: Program,
  side: Side,
  patience: Patience,
  plain?: Run,
): Promise<Run> {
  const clients = await patience.for(side.open(program.clients), () => 'connect')
  const start = clients.flatMap(({ greeting }) => greeting)
  const steps: Lines[] = []
  for (const [index, step] of program.steps.entries()) {
    const isLeftOut = plain ? plain.steps[index] === undefined : isBlocked(step, clients)
    const lines = isLeftOut
      ? undefined
      : await patience.for(runStep(step, clients, side), () => JSON.stringify(step))
    steps.push(lines)
    if (plain && !areSame(lines, plain.steps[index])) break
  }
  const isWhole = steps.length === program.steps.length
  const end = await patience.for(side.finish(program), () => 'the end of the program')
  return { start, steps, end: isWhole ? end : [] }
}

export function areSame(one: Lines, other: Lines): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.length === other.length && one.every((line, index) => line === other[index])
}

export function isBlocked(step: Step, clients: readonly RecordedClient[]): boolean {
  const own = 'client' in step ? step.client : 0
  return clients.some((client, index) => client.isInTransaction && index + 1 !== own)
}

async function runStep(step: Step, clients: RecordedClient[], side: Side): Promise<readonly string[]> {
  if (step.kind === 'level') {
    await side.level(step.steps)
    return []
  }
  const client = clients[step.client - 1]
  if (client === undefined) return []
  const lines = await answersTo(step, client, clients, side)
  const mayHear = !client.isInTransaction && clients.some(({ listens }) => listens)
  return mayHear ? [...lines, ...(await hear(clients, step.client, side))] : lines
}

async function answersTo(
  step: Exclude<Step, { kind: 'level' }>,
  client: RecordedClient,
  clients: RecordedClient[],
  side: Side,
): Promise<readonly string[]> {
  switch (step.kind) {
    case 'statement':
    case 'bound':
      return client.send([step])
    case 'pipeline':
      return client.send(step.units)
    case 'pages':
      return cursorPages(step, client, async (between) => {
        const other = clients[between.client - 1]
        if (other === undefined || other === client || client.isInTransaction) return []
        return (await other.send([between])).map((line) => `between: ${line}`)
      })
    case 'end': {
      const next = await side.replace(client)
      clients[step.client - 1] = next
      return next.greeting
    }
  }
}

const NOTHING: Statement = { kind: 'statement', client: 0, sql: '', protocol: 'simple' }

/**
 * Notifications that others have got. A server sends them when it likes, at the latest before its next ReadyForQuery: an
 * empty query makes sure of that. In the sandbox they must come by themselves.
 */
async function hear(clients: readonly RecordedClient[], sender: number, side: Side): Promise<string[]> {
  const heard: string[] = []
  await side.deliver?.()
  for (const [index, client] of clients.entries()) {
    if (index + 1 === sender || !client.listens || client.isInTransaction) continue
    const early = notificationsIn(client.takeLines())
    const late = notificationsIn(await client.send([NOTHING]))
    const lateness = side.deliver ? ' only when it sends something' : ''
    heard.push(
      ...early.map((line) => `client ${index + 1} hears ${line}`),
      ...late.map((line) => `client ${index + 1} hears ${line}${lateness}`),
    )
  }
  return heard
}

function notificationsIn(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('notification '))
}
