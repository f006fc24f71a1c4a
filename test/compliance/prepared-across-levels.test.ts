import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { Recorder, type Step } from './recorder.ts'
import { RESET } from './schema.ts'
import * as wire from './wire.ts'

/** What one test of a suite does with clients that live longer than it. */
type Part = (a: Recorder, b: Recorder) => Promise<void>

const { send, SYNC } = wire
const { bind, closeStatement, execute, parse } = wire
const database = useDatabase()
afterEach(() => testTransaction.close())

/** Each part finds the tables anew: plainly because they are made again, in the sandbox because a level is rolled back. */
const situations: [string, (run: Run) => Promise<void>][] = [
  [
    'connected before start()',
    async (run) => {
      await run.connect()
      await testTransaction.start()
      await run.inLevels()
    },
  ],
  [
    'connected in the outer level',
    async (run) => {
      await testTransaction.start()
      await run.connect()
      await run.inLevels()
    },
  ],
  [
    'connected in the outer level, which has written',
    async (run) => {
      await testTransaction.start()
      await run.connect()
      await run.writeOutside()
      await run.inLevels()
    },
  ],
  [
    'with a sandbox for each part',
    async (run) => {
      await testTransaction.start()
      await run.connect()
      await run.inSandboxes()
    },
  ],
]

class Run {
  readonly steps: Step[] = []
  readonly #parts: readonly Part[]
  readonly #clients: [Recorder, Recorder]

  constructor(parts: readonly Part[]) {
    this.#parts = parts
    const recorder = (name: string): Recorder =>
      new Recorder(name, new Client({ connectionString: database.url() }), this.steps, 'prepared')
    this.#clients = [recorder('a'), recorder('b')]
  }

  async connect(): Promise<void> {
    for (const client of this.#clients) await client.connect()
  }

  async end(): Promise<void> {
    for (const client of this.#clients) await client.end()
  }

  async plainly(): Promise<void> {
    await this.connect()
    for (const part of this.#parts) {
      await database.outside(RESET)
      await part(...this.#clients)
    }
  }

  async inLevels(): Promise<void> {
    for (const part of this.#parts) {
      await testTransaction.start()
      await part(...this.#clients)
      await testTransaction.rollback()
    }
  }

  async inSandboxes(): Promise<void> {
    for (const part of this.#parts) {
      await testTransaction.close()
      await testTransaction.start()
      await part(...this.#clients)
    }
  }

  async writeOutside(): Promise<void> {
    const client = new Client(database.url())
    await client.connect()
    await client.query("insert into outer_level values ('written')")
    await client.end()
  }
}

function compareParts(name: string, parts: readonly Part[], among = situations): void {
  describe(name, () => {
    test.each(among)('%s', async (_, situation) => {
      const plain = new Run(parts)
      await plain.plainly()
      await plain.end()
      await database.outside(RESET)
      const sandboxed = new Run(parts)
      await situation(sandboxed)
      await sandboxed.end()
      expect(sandboxed.steps.map(shown)).toStrictEqual(plain.steps.map(shown))
      expect(await database.countOutside('accounts')).toBe(2)
    })
  })
}

/** Whether pg has to send Parse again is between the two. */
function shown(step: Step): Step {
  return { ...step, answers: step.answers.filter((line) => line !== 'parseComplete') }
}

const add = (client: Recorder, id: number): Promise<void> =>
  client.prepared('add', 'insert into accounts values ($1) returning id, name', id)
const ids = (client: Recorder): Promise<void> => client.prepared('ids', 'select id from accounts order by id')
const addAndRead: Part = async (a, b) => {
  await ids(a)
  await add(a, 3)
  await add(b, 3)
  await add(b, 4)
  await ids(b)
}

compareParts('statements that are used in one test after the other', [addAndRead, addAndRead, addAndRead])

compareParts('statements in transactions', [
  async (a) => {
    await a.run('begin')
    await add(a, 3)
    await a.run('commit')
    await ids(a)
  },
  async (a) => {
    await a.run('begin')
    await add(a, 3)
    await a.run('rollback')
    await ids(a)
  },
  async (a) => {
    await a.run('begin')
    await add(a, 1)
    await add(a, 3)
    await a.run('rollback')
    await ids(a)
  },
])

compareParts('a statement that fails in one test and works in the next', [
  async (a) => {
    await add(a, 1)
    await a.prepared('missing', 'select * from missing')
  },
  async (a) => {
    await add(a, 3)
    await a.simple('create table missing (n int)')
    await a.prepared('missing', 'select * from missing')
    await a.simple('drop table missing')
  },
  async (a) => {
    await a.prepared('missing', 'select * from missing')
    await add(a, 3)
  },
])

const useOwnTable: Part = async (a, b) => {
  await a.simple('create table own (n int)')
  await a.prepared('fill', 'insert into own values ($1)', 1)
  await b.prepared('own', 'select * from own')
  await a.prepared('own', 'select * from own')
}

compareParts('a statement over a table that each test makes', [
  useOwnTable,
  useOwnTable,
  async (a, b) => {
    await b.prepared('own', 'select * from own')
    await a.prepared('fill', 'insert into own values ($1)', 1)
    await useOwnTable(a, b)
  },
])

compareParts('a table that is changed in one test', [
  async (a) => {
    await ids(a)
    await a.simple('alter table accounts add column more text')
    await ids(a)
    await add(a, 3)
  },
  addAndRead,
  async (a) => {
    await a.simple('alter table accounts rename to others')
    await ids(a)
    await a.simple('create view accounts as select 7 as id')
    await ids(a)
    await a.simple('drop view accounts; alter table others rename to accounts')
  },
  addAndRead,
])

// After close() pg is told to prepare its statements again, so the last situation is better than plain.
compareParts(
  'DEALLOCATE ALL and DISCARD ALL in one test',
  [
    addAndRead,
    async (a, b) => {
      await a.simple('deallocate all')
      await ids(a)
      await b.simple('discard all')
      await ids(b)
    },
    addAndRead,
  ],
  situations.slice(0, -1),
)

// Not with a sandbox for each part: after close() the statements of a client are those of its own connection.
compareParts(
  'messages by hand: a statement of one test in the next',
  [
    async (a) => {
      await send(a, 1, parse('s', 'select id, $1::int as n from accounts order by id'), SYNC)
      await send(a, 1, bind('', 's', ['1']), execute(), SYNC)
    },
    async (a) => {
      await send(a, 1, bind('', 's', ['2']), execute(), SYNC)
      await send(a, 1, parse('s', 'select 5'), SYNC)
    },
    async (a) => {
      await send(a, 1, bind('', 's', ['3']), execute(), SYNC)
      await send(a, 1, closeStatement('s'), parse('s', 'select 6'), SYNC)
    },
    async (a) => {
      await send(a, 1, bind('', 's'), execute(), SYNC)
      await send(a, 1, closeStatement('s'), SYNC)
    },
    async (a) => {
      await send(a, 1, bind('', 's'), execute(), SYNC)
    },
  ],
  situations.slice(0, -1),
)

compareParts('search_path that differs between the tests', [
  (a) => ids(a),
  async (a) => {
    await a.simple('set search_path to other')
    await ids(a)
    await a.simple('reset search_path')
  },
  (a) => ids(a),
])

compareParts(
  'statements that read, and one that turns out to write',
  Array.from({ length: 3 }, (): Part => async (a, b) => {
    await a.prepared('remember', 'select remember($1)', 'x')
    await b.prepared('remember', 'select remember($1)', 'y')
    await a.prepared('log', 'select text from log order by text')
  }),
)
