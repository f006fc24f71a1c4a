/** The ways to undo what a test has written, each as a file of tests would use it. */
import { Client, Pool } from 'pg'
import { testTransaction } from '../src/index.ts'
import { tables } from './schema.ts'
import type { Database, Workload } from './workload.ts'

/** A file of tests that has begun: connected, its hooks in place. */
export interface TestFile {
  /** One test with what stands in beforeEach and afterEach. */
  test(work: (database: Database) => Promise<void>): Promise<void>
  end(): Promise<void>
}

export interface Variant {
  readonly name: string
  readonly label: string
  /** Its tests take so long that few are run, and none to warm up: `begin` connects. */
  readonly isSlow?: true
  /** What it leaves for the next test: only no isolation leaves rows. */
  readonly leavesRows?: true
  /** Why it cannot run a workload. */
  readonly cannot?: (workload: Workload) => string | undefined
  /** @param touched the tables that its tests write to */
  begin(url: string, touched: readonly string[]): Promise<TestFile>
}

export const BASELINE = 'none'

const none: Variant = {
  name: BASELINE,
  label: 'no isolation',
  leavesRows: true,
  async begin(url) {
    const pool = new Pool({ connectionString: url })
    return { test: (work) => work(pool), end: () => pool.end() }
  },
}

const sandbox: Variant = {
  name: 'pg-sandbox',
  label: 'pg-sandbox',
  async begin(url) {
    const pool = new Pool({ connectionString: url })
    await testTransaction.start()
    return {
      async test(work) {
        await testTransaction.start()
        await work(pool)
        await testTransaction.rollback()
      },
      async end() {
        await testTransaction.close()
        await pool.end()
      },
    }
  },
}

/** Runs a statement after each test. */
function cleanedBy(
  name: string,
  label: string,
  sql: (touched: readonly string[]) => string,
  isSlow: boolean,
): Variant {
  return {
    name,
    label,
    ...(isSlow && { isSlow }),
    async begin(url, touched) {
      const pool = new Pool({ connectionString: url })
      await pool.query('select 1')
      return {
        async test(work) {
          await work(pool)
          await pool.query(sql(touched))
        },
        end: () => pool.end(),
      }
    },
  }
}

/** How a person reads the name of a variant, or of another contender. */
export function labelOf(name: string): string {
  return ownVariants.find((variant) => variant.name === name)?.label ?? name
}

export const TEMPLATE = 'bench_template'

let clones = 0

const clone: Variant = {
  name: 'clone',
  label: 'clone of a template',
  isSlow: true,
  async begin(url) {
    const admin = new Client({ connectionString: url })
    await admin.connect()
    return {
      async test(work) {
        const name = `bench_clone_${(clones += 1)}`
        await admin.query(`create database ${name} template ${TEMPLATE}`)
        const pool = new Pool({ connectionString: withDatabase(url, name) })
        // Its connections may still be closing when the database goes.
        pool.on('error', () => {})
        await work(pool)
        await pool.end()
        await admin.query(`drop database ${name} with (force)`)
      },
      end: () => admin.end(),
    }
  },
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${name}`
  return changed.href
}

const deleteAll = tables
  .toReversed()
  .map((name) => `delete from ${name}`)
  .join('; ')

const truncate = (names: readonly string[]): string => `truncate ${names.join(', ')}`

export const ownVariants: readonly Variant[] = [
  sandbox,
  none,
  cleanedBy('delete', 'DELETE, all tables', () => deleteAll, false),
  cleanedBy('truncate-touched', 'TRUNCATE, touched tables', truncate, false),
  cleanedBy('truncate', 'TRUNCATE, all tables', () => truncate(tables), true),
  clone,
]
