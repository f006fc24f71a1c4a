import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { markOutside } from '../../src/outside-client.ts'
import { type TestDatabase, useDatabase } from '../support/database.ts'
import { FreshTables } from './fresh-tables.ts'
import { type Protocol, Recorder, type Step } from './recorder.ts'

/** Written once, over one to three clients: its parameters say how many. Run plain and in the sandbox. */
export type Program = (a: Recorder, b: Recorder, c: Recorder) => Promise<void>

export type Comparison = Comparing & {
  /** The same in a level alone: for large tables of similar cases. In all situations with `COMPLIANCE=all`. */
  readonly briefly: Comparing
  /** The server's version, `18` for example: for what only some can do. */
  serverMajor(): Promise<number>
  /** The records of one program: plain, and in the sandbox; for cases that must differ. */
  records(program: Program): Promise<{ plain: Step[]; sandboxed: Step[] }>
}

export type Comparing = {
  /**
   * The case in one protocol: simple Query messages. The plain record must hold the texts of `tells` in this order, so
   * that the case tests what its name says.
   */
  compare(name: string, program: Program, tells?: readonly string[]): void
  /** The case in simple, extended and extended with named statements; the latter two in a level alone. */
  compareInEachProtocol(name: string, program: Program, tells?: readonly string[]): void
  /** The case in each protocol, with the parameter values that the server reports; the others leave them out. */
  compareParameters(name: string, program: Program): void
}

/** `COMPLIANCE=all` runs every case in every situation: three times as long; `COMPLIANCE=brief` each in a level alone. */
const RUNS_ALL = process.env['COMPLIANCE'] === 'all'
const RUNS_BRIEFLY = process.env['COMPLIANCE'] === 'brief'
const IN_LEVEL = ['in a level']

type Run = (database: TestDatabase, program: Program, protocol: Protocol) => Promise<Step[]>

/**
 * Makes the functions with which a file states its cases: each runs on fresh tables with real commits, then in the
 * sandbox in several situations, and every message of the server must be the same; after the rollback the database is
 * as it was before. `schema` is added to the tables of all cases.
 */
export function useComparison(schema = ''): Comparison {
  const database = useDatabase()
  afterAll(() => testTransaction.close())
  // What a case that has failed left open is no concern of the next.
  let hasFailed = false
  afterEach(() => (hasFailed ? testTransaction.close() : undefined))

  const situations = new Map<string, Run>([
    ['in a level', inLevel],
    ['below a level that has written', belowWrittenLevel],
    ['with clients that were connected before', withEarlierClients],
  ])

  const tables = new FreshTables(database, schema)
  const runPlain: Run = async (...run) => {
    await tables.make()
    return runPlainly(...run)
  }

  function one(name: string, program: Program, protocol: Protocol, how: How): void {
    const shown = how.parameters ? (steps: Step[]): Step[] => steps : withoutParameters
    const isBrief = how.isBrief || protocol !== 'simple' || RUNS_BRIEFLY
    describe(name, () => {
      let plain: Promise<Step[]> | undefined
      test.each(isBrief && !RUNS_ALL ? IN_LEVEL : [...situations.keys()])('%s', async (situation) => {
        hasFailed = true
        plain ??= runPlain(database, program, protocol)
        const expected = await plain
        expectInOrder(expected, how.tells ?? [])
        const steps = await tables.during(() => situations.get(situation)!(database, program, protocol))
        expect(shown(steps)).toStrictEqual(shown(expected))
        hasFailed = false
      })
    })
  }

  const inEachProtocol = (name: string, program: Program, how: How): void => {
    for (const protocol of ['simple', 'extended', 'prepared'] as const)
      one(`${name} (${protocol})`, program, protocol, how)
  }

  const comparing = (isBrief: boolean): Comparing => ({
    compare: (name, program, tells = []) => one(name, program, 'simple', { isBrief, tells }),
    compareInEachProtocol: (name, program, tells = []) => inEachProtocol(name, program, { isBrief, tells }),
    compareParameters: (name, program) => inEachProtocol(name, program, { isBrief, parameters: true }),
  })

  return {
    ...comparing(false),
    briefly: comparing(true),
    serverMajor: () => database.serverMajor(),
    async records(program) {
      const plain = await runPlain(database, program, 'simple')
      const sandboxed = await tables.during(() => inLevel(database, program, 'simple'))
      return { plain, sandboxed }
    },
  }
}

type How = { readonly isBrief: boolean; readonly parameters?: boolean; readonly tells?: readonly string[] }

function withoutParameters(steps: Step[]): Step[] {
  return steps.map((step) => ({
    ...step,
    answers: step.answers.filter((line) => !line.startsWith('parameter ')),
  }))
}

function expectInOrder(steps: readonly Step[], texts: readonly string[]): void {
  let rest = steps.map(({ sent, answers }) => [`> ${sent}`, ...answers].join('\n')).join('\n')
  for (const text of texts) {
    expect(rest).toContain(text)
    rest = rest.slice(rest.indexOf(text) + text.length)
  }
}

const runPlainly: Run = async (database, program, protocol) => {
  const run = new ProgramRun(database, program, protocol, markOutside)
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
  await testTransaction.close()
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

  constructor(
    database: TestDatabase,
    program: Program,
    protocol: Protocol,
    made = (client: Client): Client => client,
  ) {
    this.#program = program
    const recorder = (name: string): Recorder =>
      new Recorder(name, made(new Client({ connectionString: database.url() })), this.#steps, protocol)
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
