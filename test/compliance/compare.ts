import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { type TestDatabase, useDatabase } from '../support/database.ts'
import { type Protocol, Recorder, type Step } from './recorder.ts'
import { RESET } from './schema.ts'

/** Written once, over one to three clients: its parameters say how many. Run plain and in the sandbox. */
export type Program = (a: Recorder, b: Recorder, c: Recorder) => Promise<void>

export type Comparison = {
  /** The case in one protocol: simple Query messages. */
  compare(name: string, program: Program): void
  /** The case in simple, extended and extended with named statements. */
  compareInEachProtocol(name: string, program: Program): void
  /** The case in each protocol, with the parameter values that the server reports; the others leave them out. */
  compareParameters(name: string, program: Program): void
  /** The records of one program: plain, and in the sandbox; for cases that must differ. */
  records(program: Program): Promise<{ plain: Step[]; sandboxed: Step[] }>
}

type Run = (database: TestDatabase, program: Program, protocol: Protocol) => Promise<Step[]>

/**
 * Makes the functions with which a file states its cases: each runs on fresh tables with real commits, then in the
 * sandbox in several situations, and every message of the server must be the same; after the rollback the database is
 * as it was before.
 */
export function useComparison(): Comparison {
  const database = useDatabase()
  afterEach(() => testTransaction.close())

  const situations = new Map<string, Run>([
    ['in a level', inLevel],
    ['below a level that has written', belowWrittenLevel],
    ['with clients that were connected before', withEarlierClients],
  ])

  function one(name: string, program: Program, protocol: Protocol, shown = withoutParameters): void {
    describe(name, () => {
      let plain: Promise<Step[]> | undefined
      test.each([...situations.keys()])('%s', async (situation) => {
        plain ??= runPlain(database, program, protocol)
        const expected = await plain
        await database.outside(RESET)
        const before = await contents(database)
        const steps = await situations.get(situation)!(database, program, protocol)
        expect(shown(steps)).toStrictEqual(shown(expected))
        expect(await contents(database)).toStrictEqual(before)
      })
    })
  }

  return {
    compare: (name, program) => one(name, program, 'simple'),
    compareInEachProtocol(name, program) {
      for (const protocol of ['simple', 'extended', 'prepared'] as const)
        one(`${name} (${protocol})`, program, protocol)
    },
    compareParameters(name, program) {
      for (const protocol of ['simple', 'extended', 'prepared'] as const)
        one(`${name} (${protocol})`, program, protocol, (steps) => steps)
    },
    async records(program) {
      const plain = await runPlain(database, program, 'simple')
      await database.outside(RESET)
      const before = await contents(database)
      const sandboxed = await inLevel(database, program, 'simple')
      expect(await contents(database)).toStrictEqual(before)
      return { plain, sandboxed }
    },
  }
}

function withoutParameters(steps: Step[]): Step[] {
  return steps.map((step) => ({
    ...step,
    answers: step.answers.filter((line) => !line.startsWith('parameter ')),
  }))
}

const runPlain: Run = async (database, program, protocol) => {
  await database.outside(RESET)
  const run = new ProgramRun(database, program, protocol)
  await run.connect()
  return run.finish()
}

const inLevel: Run = async (database, program, protocol) => {
  await testTransaction.start()
  const run = new ProgramRun(database, program, protocol)
  await run.connect()
  const steps = await run.finish()
  await testTransaction.rollback()
  return steps
}

const belowWrittenLevel: Run = async (database, program, protocol) => {
  await testTransaction.start()
  const writer = new Client({ connectionString: database.url() })
  await writer.connect()
  await writer.query("insert into outer_level values ('written')")
  await testTransaction.start()
  const steps = await inLevel(database, program, protocol)
  expect((await writer.query('select * from outer_level')).rows).toEqual([{ word: 'written' }])
  await writer.end()
  await testTransaction.rollback()
  await testTransaction.rollback()
  return steps
}

const withEarlierClients: Run = async (database, program, protocol) => {
  const run = new ProgramRun(database, program, protocol)
  await run.connect()
  await testTransaction.start()
  const steps = await run.finish()
  await testTransaction.rollback()
  return steps
}

class ProgramRun {
  readonly #program: Program
  readonly #steps: Step[] = []
  readonly #recorders: Recorder[]
  readonly #last: Recorder

  constructor(database: TestDatabase, program: Program, protocol: Protocol) {
    this.#program = program
    const recorder = (name: string): Recorder =>
      new Recorder(name, new Client({ connectionString: database.url() }), this.#steps, protocol)
    this.#recorders = ['a', 'b', 'c'].slice(0, Math.max(1, program.length)).map(recorder)
    this.#last = recorder('last')
  }

  async connect(): Promise<void> {
    for (const recorder of this.#recorders) await recorder.connect()
  }

  /** Runs the program, ends its clients, and looks at what a new client sees of what they wrote. */
  async finish(): Promise<Step[]> {
    const [a, b, c] = this.#recorders as [Recorder, Recorder, Recorder]
    await this.#program(a, b, c)
    for (const recorder of this.#recorders) await recorder.end()
    await this.#last.connect()
    await this.#last.simple('select * from accounts order by id')
    await this.#last.simple('select text from log order by n')
    await this.#last.end()
    return this.#steps
  }
}

/** All rows of all tables and the names of all relations and functions, as others see them. */
async function contents(database: TestDatabase): Promise<unknown> {
  const relations = await database.outside(
    `select relname::text as name, relkind::text as kind from pg_class where relnamespace = 'public'::regnamespace
     union all select proname, 'function' from pg_proc where pronamespace = 'public'::regnamespace order by 1, 2`,
  )
  const tables = relations.filter(({ kind }) => kind === 'r').map(({ name }) => String(name))
  const rows = await Promise.all(tables.map((table) => database.outside(`select * from ${table} order by 1`)))
  return { relations, rows }
}
