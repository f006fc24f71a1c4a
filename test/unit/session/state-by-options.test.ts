import { query } from '../../../src/protocol/frontend.ts'
import { arrange } from '../../../src/session/state-by-options.ts'
import { DEFAULT_OPTIONS, type SandboxOptions } from '../../../src/options.ts'
import { pathOfSchema } from '../../../src/transaction/search-path.ts'
import type { Sequence } from '../../../src/transaction/sequences.ts'
import { rollbackLevel } from '../../../src/transaction/levels.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import type { TransactionState } from '../../../src/transaction/state.ts'
import { type Unit, unitOf } from '../../../src/session/unit.ts'
import { unit } from '../exchange/extended-unit.ts'
import { idle, KNOWN } from '../transaction/followed-session.ts'
import { analyze } from '../../../src/sql/analyze.ts'

const ids: Sequence = { name: 'public.ids', cycles: false, isOwned: true }
const theirs: Sequence = { name: 'public.theirs', cycles: false, isOwned: false }
const sequences = {
  byWord: new Map([
    ['ids', [ids]],
    ['theirs', [theirs]],
  ]),
  leadsTo: new Map(),
}

function arranged(
  options: Partial<SandboxOptions>,
  state: TransactionState = idle,
  sql = 'select 1',
): TransactionState {
  const requester = { analyze } as unknown as Unit['requester']
  const given = unitOf(requester, unit(query(sql)), () => {})
  return arrange(state, given, { ...DEFAULT_OPTIONS, ...options })
}

describe("isolation: 'schema'", () => {
  const isolation = 'schema'

  test('names a schema, and puts it first in the path of the client', () => {
    const { client, sandboxSchema } = arranged({ isolation })
    expect(sandboxSchema).toMatch(/^sandbox_[0-9a-f]{16}$/)
    expect(pathOfSchema(client.settings)).toMatchObject({ kind: 'schemaFirst', schema: sandboxSchema })
  })

  test('keeps the name until the real transaction ends', () => {
    const first = arranged({ isolation })
    const again = arranged({ isolation }, first)
    expect(again.sandboxSchema).toBe(first.sandboxSchema)
    const begun = materialize(again).state
    expect(arranged({ isolation }, begun).sandboxSchema).toBe(first.sandboxSchema)
    expect(arranged({ isolation }, rollbackLevel(begun).state).sandboxSchema).not.toBe(first.sandboxSchema)
  })

  test('begins and ends with a real transaction', () => {
    const without = materialize(arranged({})).state
    expect(arranged({ isolation }, without).sandboxSchema).toBeUndefined()
    const within = materialize(arranged({ isolation })).state
    expect(arranged({}, within).sandboxSchema).toBe(within.sandboxSchema)
    const after = arranged({}, rollbackLevel(within).state)
    expect([after.sandboxSchema, pathOfSchema(after.client.settings)]).toEqual([undefined, undefined])
  })
})

describe('deterministicIds', () => {
  const state = { ...idle, schema: { ...KNOWN, sequences } }
  const drawn = (sql: string, given: TransactionState = state): readonly Sequence[] =>
    arranged({ deterministicIds: true }, given, sql).drawn

  test('finds the sequences that a statement may draw from', () => {
    expect(drawn('insert into ids values (1)')).toEqual([ids])
  })

  test('leaves mere reads out, also beside other statements', () => {
    expect(drawn('select * from ids')).toEqual([])
    expect(drawn('select * from ids; insert into others values (1)')).toEqual([])
  })

  test('leaves out those of others, with one warning', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect(drawn('insert into theirs, ids')).toEqual([ids])
    expect(drawn('insert into theirs')).toEqual([])
    expect(warn).toHaveBeenCalledTimes(1)
    warn.mockRestore()
  })

  test('finds none before the server was asked, or without the option', () => {
    expect(drawn('insert into ids values (1)', idle)).toEqual([])
    expect(arranged({}, state, 'insert into ids values (1)').drawn).toEqual([])
  })
})
