import type { Bound, Program, Statement, Step } from './program.ts'
import type { Situation } from './sandboxed-side.ts'
import { type SchemaKind, schemaSql } from './schema.ts'

type Circumstances = { readonly schema: SchemaKind; readonly situation: Situation }

/**
 * A script of its own, with `pg` and `pg-sandbox` alone, that runs the programs plain and sandboxed and shows the first
 * answers that differ. Its first lines say how to run it.
 */
export function scriptOf(programs: readonly Program[], { schema, situation }: Circumstances): string {
  const bodies = programs.map(bodyOf)
  return `// Save it in the repository and run: node -r ./test/support/register-typescript.cjs <file> <url of an EMPTY database>
const { Client } = require('pg')
const { testTransaction } = require('./src/index.ts')

const SCHEMA = ${JSON.stringify(schemaSql(schema)).replaceAll('\\n', '\\n\\\n')}
const SITUATION = '${situation}'

${bodies.map((body, index) => `async function program${index + 1}(connect, level) {\n${body}\n}`).join('\n\n')}

const programs = [${bodies.map((_, index) => `program${index + 1}`).join(', ')}]
${PRELUDE}`
}

function bodyOf({ clients, steps }: Program): string {
  const connects = Array.from(
    { length: clients },
    (_, index) => `  let c${index + 1} = await connect(${index + 1})`,
  )
  return [...connects, ...steps.map((step) => callOf(step, '  '))].join('\n')
}

function callOf(step: Step, indent: string): string {
  switch (step.kind) {
    case 'statement':
    case 'bound':
      return `${indent}await c${step.client}.send(${queryOf(step)})`
    case 'pipeline':
      return `${indent}await c${step.client}.send(${step.units.map(queryOf).join(', ')})`
    case 'pages':
      return [
        `${indent}await c${step.client}.pages(${JSON.stringify(step.sql)}, ${JSON.stringify(step.reads)}, async () => {`,
        step.between === null ? '' : callOf(step.between, `${indent}  `),
        `${indent}})`,
      ].join('\n')
    case 'end':
      return `${indent}c${step.client} = await c${step.client}.replace()`
    case 'level':
      return levelOf(step.steps, indent)
  }
}

function levelOf(steps: readonly Step[], indent: string): string {
  const clients = [...new Set(steps.flatMap((step) => ('client' in step ? [step.client] : [])))]
  const inner = `${indent}  `
  return [
    `${indent}await level(async () => {`,
    ...clients.map((client) => `${inner}const c${client} = await connect(${client})`),
    ...steps.map((step) => callOf(step, inner)),
    `${indent}})`,
  ].join('\n')
}

function queryOf(unit: Statement | Bound): string {
  const values = unit.kind === 'bound' ? unit.values : []
  if (unit.protocol === 'simple') return JSON.stringify(unit.sql)
  const query = { text: unit.sql, values, queryMode: 'extended' }
  return JSON.stringify(unit.protocol === 'prepared' ? { name: unit.sql.slice(0, 40), ...query } : query)
}

/** The rest of the script: as little as shows the messages of both runs. */
const PRELUDE = `
const connectionString = process.argv[2]
let answers = []

async function connect(number) {
  const client = new Client({ connectionString })
  client.on('error', (error) => answers.push('client ' + number + ' lost: ' + error.message))
  await client.connect()
  client.connection.on('message', ({ name, fields, length, file, line, routine, chunk, processId, ...rest }) => {
    const columns = name === 'rowDescription' ? fields.map((field) => field.name) : fields
    answers.push('client ' + number + ' ' + JSON.stringify({ name, fields: columns, ...rest, message: rest.message }))
  })
  const idle = async () => { while (!client.readyForQuery) await new Promise(setImmediate) }
  return {
    async send(...queries) {
      answers.push('client ' + number + ' sends ' + JSON.stringify(queries))
      client.pipeline = queries.length > 1
      await Promise.all(queries.map((query) => client.query(query).catch((error) => answers.push('rejected ' + error.message))))
      await idle()
      client.pipeline = false
      answers.push('status ' + client.getTransactionStatus())
    },
    async pages(sql, reads, between) {
      const cursor = client.query(new (require('pg-cursor'))(sql))
      try {
        for (const [page, rows] of reads.entries()) {
          answers.push('page of ' + (await cursor.read(rows)).length)
          if (page === 0) await between()
        }
        await cursor.close()
      } catch (error) { answers.push('rejected ' + error.message) }
      await idle()
    },
    async rollBack() {
      const before = answers
      answers = []
      if (client.getTransactionStatus() !== 'I') await client.query('rollback')
      answers = before
    },
    async renew() {
      const before = answers
      answers = []
      await client.query('discard all')
      client.connection.parsedStatements = {}
      client.connection.submittedNamedStatements = {}
      answers = before
    },
    async replace() { await client.end(); return connect(number) },
    end: () => client.end(),
  }
}

async function run(sandboxed) {
  answers = []
  const level = async (work) => {
    if (!sandboxed) return
    const before = answers
    answers = []
    await testTransaction.start()
    await work()
    await testTransaction.rollback()
    answers = before
  }
  const earlier = {}
  if (SITUATION === 'earlier clients') for (const number of [1, 2, 3, 4]) earlier[number] = await connect(number)
  if (sandboxed && SITUATION === 'written level') {
    await testTransaction.start()
    await (await connect('writer')).send('insert into outer_level values (1)')
    answers = []
  }
  for (const program of programs) {
    const clients = []
    if (sandboxed) await testTransaction.start()
    await program(async (number) => {
      const client = earlier[number] ?? (await connect(number))
      if (!earlier[number]) clients.push(client)
      return client
    }, level)
    for (const client of clients) await client.end()
    for (const client of Object.values(earlier)) await client.rollBack()
    for (const client of Object.values(earlier)) await client.renew()
    answers.push('at the end')
    const last = await connect('last')
    for (const table of ['accounts', 'log', 'parents', 'children', 'seats', 'entries', 'notes']) await last.send('select * from ' + table + ' order by 1')
    await last.end()
    if (sandboxed) await testTransaction.rollback()
    else await make()
  }
  await testTransaction.close()
  for (const client of Object.values(earlier)) await client.end()
  return answers
}

async function make() {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query("do $$ begin execute format('alter database %I set app.tenant = ''none''', current_database()); end $$")
  await client.query(SCHEMA)
  await client.end()
}

async function main() {
  await make()
  const plain = await run(false)
  const sandboxed = await run(true)
  const first = plain.findIndex((line, index) => line !== sandboxed[index])
  if (first < 0) return console.log('no difference in', plain.length, 'answers')
  console.log(plain.slice(0, first).join('\\n') + '\\n--- plain\\n' + plain.slice(first, first + 8).join('\\n') + '\\n--- sandboxed\\n' + sandboxed.slice(first, first + 8).join('\\n'))
}

main().catch((error) => { console.error(error); process.exitCode = 1 })`
