'use strict'

// `npm run trace`: how many calls, and how many changes of file, one query is from its call to its result, counted in the
// built package. Not the time that they take: a reader's way through the code. Fails above the limits below.
//
// Counted are functions and methods with a name; arrow functions are not, as most are a line of the function around them.

const { readFileSync } = require('node:fs')
const path = require('node:path')
const { parseSync } = require('@swc/core')
const { Pool } = require('pg')
// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')
const { startPostgres } = require('../test/support/postgres.cjs')

/** For the first row: an INSERT outside a transaction, with a value, its text known. */
const LIMITS = { calls: 150, changes: 100 }
const BUILT = path.join(__dirname, '..', 'dist') + path.sep

/** @type {{ file: string, name: string, line: number }[]} */
const functions = []
/** @type {number[] | undefined} the functions that were called, while that is recorded */
let calls

Reflect.set(globalThis, '__pgSandboxCalled', (/** @type {number} */ id) => calls?.push(id))

const load = require.extensions['.js']
require.extensions['.js'] = (module, filename) => {
  if (!filename.startsWith(BUILT)) return load?.(module, filename)
  Reflect.get(module, '_compile').call(module, traced(readFileSync(filename, 'utf8'), filename), filename)
}

/**
 * The code with a note at the beginning of each function.
 *
 * @param {string} code
 * @param {string} filename
 */
function traced(code, filename) {
  // Places are given in bytes, and go on from text to text: the statement in front says where this one begins.
  const bytes = Buffer.from(`0;${code}`)
  const { body } = parseSync(bytes.toString(), { syntax: 'ecmascript', target: 'es2023' })
  const first = body[0]?.span.start ?? 0
  /** @type {{ at: number, id: number }[]} */
  const notes = []
  walk(body, '', (name, start) => {
    const at = start - first + 1
    const line = bytes.subarray(0, at).toString().split('\n').length
    functions.push({ file: path.relative(BUILT, filename), name, line })
    notes.push({ at, id: functions.length - 1 })
  })
  const parts = []
  let from = 2
  for (const { at, id } of notes.toSorted((a, b) => a.at - b.at)) {
    parts.push(bytes.subarray(from, at).toString(), `__pgSandboxCalled(${id});`)
    from = at
  }
  return parts.join('') + bytes.subarray(from).toString()
}

/**
 * @param {unknown} node of the syntax tree, or several
 * @param {string} name of what encloses it
 * @param {(name: string, start: number) => void} found is called with the place of the body of each function
 */
function walk(node, name, found) {
  if (node === null || typeof node !== 'object') return
  const called = nameOf(node) ?? name
  const { type } = /** @type {{ type?: string }} */ (node)
  if (type !== undefined && FUNCTIONS.has(type)) {
    const start = bodyOf(node)
    if (start !== undefined) found(called, start)
  }
  for (const value of Object.values(node)) walk(value, called, found)
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
])

/** @param {any} node a function, or a method that has one */
function bodyOf(node) {
  /** @type {number | undefined} */
  const start = (node.function ?? node).body?.span?.start
  return start
}

/** @param {any} node */
function nameOf({ type, key, identifier }) {
  /** @type {string | undefined} */
  const name = type === 'Constructor' ? 'constructor' : (identifier?.value ?? key?.value ?? key?.id?.value)
  return name
}

/** @param {readonly number[]} ids */
function countsOf(ids) {
  const files = ids.map((id) => functions[id]?.file)
  return {
    calls: ids.length,
    functions: new Set(ids).size,
    files: new Set(files).size,
    changes: files.filter((file, i) => i > 0 && file !== files[i - 1]).length,
  }
}

/** @param {() => Promise<unknown>} run */
async function recorded(run) {
  /** @type {number[]} */
  const made = []
  calls = made
  await run()
  calls = undefined
  return made
}

/**
 * What is called in a test, once nothing is new.
 *
 * @param {string} url
 */
async function record(url) {
  /** @type {Pick<typeof import('../src/index.ts'), 'testTransaction'>} */
  const { testTransaction } = require(`${BUILT}index.js`)
  const pool = new Pool({ connectionString: url })
  const insert = () => pool.query('insert into traced (name) values ($1)', ['d'])
  const asText = () => pool.query("insert into traced (name) values ('d')")
  const nextTest = async () => {
    await testTransaction.rollback()
    await testTransaction.start()
  }
  await pool.query('create table traced (name text)')
  await testTransaction.start()
  try {
    for (let warm = 0; warm < 20; warm += 1) await insert()
    const withValue = await recorded(insert)
    for (let warm = 0; warm < 20; warm += 1) await asText()
    const text = await recorded(asText)
    for (let warm = 0; warm < 20; warm += 1) await nextTest().then(insert)
    const between = await recorded(nextTest)
    return { withValue, text, between }
  } finally {
    await testTransaction.close()
    await pool.query('drop table traced')
    await pool.end()
  }
}

async function main() {
  const postgres = await startPostgres()
  try {
    const { withValue, text, between } = await record(postgres.url)
    if (process.argv.includes('--calls')) for (const id of withValue) console.log(described(id))
    console.table({
      'an INSERT with a value': countsOf(withValue),
      'the same as a text': countsOf(text),
      'rollback() and start()': countsOf(between),
    })
    const { calls: made, changes } = countsOf(withValue)
    const isWithin = made <= LIMITS.calls && changes <= LIMITS.changes
    const limits = `at most ${LIMITS.calls} calls and ${LIMITS.changes} changes of file`
    console.log(`An INSERT with a value may take ${limits}: ${isWithin ? 'kept' : 'not kept'}.`)
    process.exitCode = isWithin ? 0 : 1
  } finally {
    await postgres.stop()
  }
}

/** @param {number} id */
function described(id) {
  const called = functions[id]
  return `${called?.file}:${called?.line} ${called?.name}`
}

void main()
