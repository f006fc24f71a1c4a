/**
 * A unit that may not run, as it comes too late, or beside the transaction of another client.
 *
 * BEGIN is answered all the same, and the first statement in it gets the error: libraries send BEGIN in front of the `try`
 * that gives their client back. So is a ROLLBACK, whose error would take the place of the application's own. Sessions and the
 * inside phase of a client refuse units here. Without it a pool would lose the client, and wait for it for ever at its end.
 */
import { type Exchange } from '../exchange/exchange.ts'
import { exchangeOf } from '../exchange/make-exchange.ts'
import { beginsAnew, refusalOf, sqlOf } from '../exchange/unit.ts'
import type { Fields } from '../protocol/backend.ts'
import * as blocks from '../transaction/block.ts'
import * as regions from '../transaction/regions.ts'
import { applicationStatus, initialState, type TransactionState } from '../transaction/state.ts'
import type { CutOff } from './requester.ts'
import type { Unit } from './unit.ts'

/** What is told in place of what the unit asks for. */
interface Told {
  readonly bytes: Buffer
  readonly failed: boolean
}

/** @param errorFor the error for the statement that does not run */
export function refuse(unit: Unit, errorFor: (sql: string) => Fields): Told {
  const { requester } = unit
  const answered = answerControl(unit)
  if (answered !== undefined) {
    const status = applicationStatus(answered.state)
    requester.cutOff = status === 'I' ? undefined : { status, error: requester.cutOff?.error ?? errorFor }
    return { bytes: answered.bytes, failed: false }
  }
  const told = refusalOf(unit, errorFor(sqlOf(unit)))
  if (requester.cutOff !== undefined && told.failed) requester.cutOff = { ...requester.cutOff, status: 'E' }
  return told
}

/** Answers a unit that may not run. */
export function refuseUnit(unit: Unit, errorFor: (sql: string) => Fields): void {
  const { requester } = unit
  const { bytes, failed } = refuse(unit, errorFor)
  requester.deliver(bytes)
  if (!unit.endsInFlush) requester.ready(requester.cutOff?.status ?? 'I')
  unit.done(failed)
}

/** Has the unit's client lost its transaction, and does the unit belong to that? One that begins anew does not. */
export function cutOffFrom(unit: Unit): CutOff | undefined {
  const { requester } = unit
  if (requester.cutOff !== undefined && beginsAnew(unit) && !endsTransaction(unit))
    requester.cutOff = undefined
  return requester.cutOff
}

function answerControl(unit: Unit): { bytes: Buffer; state: TransactionState } | undefined {
  const { cutOff } = unit.requester
  // Nobody is told that something was committed.
  const isAnswered =
    opensTransaction(unit) || (endsTransaction(unit) && (cutOff !== undefined || !commits(unit)))
  if (!isAnswered) return undefined
  const { answers, messages, prefix }: Exchange = exchangeOf(unit, stateOf(unit))
  const last = answers.at(-1)
  if (last === undefined || messages.length + prefix.length > 0) return undefined
  return { bytes: Buffer.concat(answers.map(({ bytes }) => bytes!)), state: last.state }
}

/** The transaction that the client believes to have, in which nothing has been sent. */
function stateOf({ requester }: Unit): TransactionState {
  const idle = { ...initialState(0), client: requester.belongings }
  if (requester.cutOff === undefined) return idle
  const { state } = blocks.begin(idle, {})
  return requester.cutOff.status === 'E' ? regions.failed(state) : state
}

function opensTransaction(unit: Unit): boolean {
  return kindsOf(unit).join() === 'begin'
}

function endsTransaction(unit: Unit): boolean {
  return ['commit', 'rollback'].includes(kindsOf(unit).join())
}

function commits(unit: Unit): boolean {
  return kindsOf(unit).includes('commit')
}

/** The commands of the unit; AND CHAIN begins another transaction, too. */
function kindsOf({ texts }: Unit): string[] {
  const commands = texts.flatMap(({ analysis }) => analysis.statements.map(({ command }) => command))
  return commands.map((command) => ('chain' in command && command.chain ? 'chain' : command.kind))
}
