import { serialize } from 'pg-protocol'
import { FrameReader, type Frame } from '../../../src/protocol/frames.ts'
import { FRONTEND, readBind, readParse, readTarget } from '../../../src/protocol/frontend.ts'
import type { Exchange } from '../../../src/exchange/exchange.ts'
import { extendedQuery } from '../../../src/exchange/extended-query.ts'
import { Names } from '../../../src/exchange/client-names.ts'
import type { TransactionState } from '../../../src/transaction/state.ts'
import { analyze } from '../../../src/sql/analyze.ts'
import { idle } from '../transaction/followed-session.ts'

export const SYNC = serialize.sync()
export const FLUSH = serialize.flush()
/** For answers that bring no bytes. */
export const NOTHING = Buffer.alloc(0)

/** Of the client, and what the connection knows of them; new ones for each test. */
export let names: Names
export let known: Map<string, 'fresh' | 'stale'>
beforeEach(() => {
  names = new Names(1)
  known = new Map()
})

export function unit(...messages: Buffer[]): Frame[] {
  return new FrameReader().read(Buffer.concat(messages))
}

export function exchange(frames: Frame[], state: TransactionState = idle, retry = false): Exchange {
  const requester = { names, encoding: undefined, analyze, preparedBefore: () => undefined }
  return extendedQuery(frames, state, { requester, known, pipelinesAreBlocks: true, retry })
}

/** As pg sends a query with values. */
export function query(text: string, values: string[] = [], name = ''): Frame[] {
  return unit(
    serialize.parse({ name, text, types: [] }),
    serialize.bind({ statement: name, values }),
    serialize.describe({ type: 'P', name: '' }),
    serialize.execute(),
    SYNC,
  )
}

export function sent({ messages }: Exchange): string[] {
  return unit(...messages).map(({ type, bytes }) => {
    if (type === FRONTEND.parse) return `Parse ${readParse(bytes).name}|${readParse(bytes).sql}`
    if (type === FRONTEND.bind) return `Bind ${readBind(bytes).portal}|${readBind(bytes).statement}`
    if (type === FRONTEND.describe || type === FRONTEND.close) {
      const { target, name } = readTarget(bytes)
      return `${type === FRONTEND.close ? 'Close' : 'Describe'} ${target} ${name}`
    }
    return type === FRONTEND.execute ? 'Execute' : type === FRONTEND.sync ? 'Sync' : `other ${type}`
  })
}

/** Types of the messages that the sandbox answers itself. */
export function local({ answers }: Exchange): string {
  return answers
    .filter(({ expect: expected }) => expected === 'local')
    .flatMap(({ bytes }) => new FrameReader().read(bytes ?? NOTHING))
    .map(({ type }) => String.fromCharCode(type))
    .join('')
}

/** Application's answers, in order: those of the server by what they wait for. */
export function forwarded({ answers }: Exchange): unknown[] {
  return answers.filter(({ forward }) => forward).map(({ expect: expected }) => expected)
}
