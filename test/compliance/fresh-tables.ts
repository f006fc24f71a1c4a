import { type Row } from '../support/outside.ts'
import { type TestDatabase } from '../support/database.ts'
import { RESET } from './schema.ts'

/**
 * The tables of the cases, looked at from outside. They are made anew only for a run after one that has committed: after
 * one in the sandbox they are proved to be as they were, but for the values of sequences.
 */
export class FreshTables {
  readonly #database: TestDatabase
  readonly #reset: string
  #first: unknown
  #restoring = ''
  #areFresh = false

  constructor(database: TestDatabase, schema: string) {
    this.#database = database
    this.#reset = RESET + (schema && `;${schema}`)
  }

  /** For a run that may commit. */
  async make(): Promise<void> {
    await this.#database.outside(this.#areFresh ? this.#restoring : this.#reset)
    if (this.#first === undefined) await this.#look()
    this.#areFresh = false
  }

  async #look(): Promise<void> {
    this.#first = await contents(this.#database)
    const [row] = await this.#database.outside(RESTORING)
    this.#restoring = String(row?.['statement'])
  }

  /** For a run that must leave all as it was: fails unless it has. */
  async during<Result>(run: () => Promise<Result>): Promise<Result> {
    await this.make()
    const result = await run()
    expect(await contents(this.#database)).toStrictEqual(this.#first)
    this.#areFresh = true
    return result
  }
}

/** A statement that gives all sequences the values that they have now: a rollback does not. */
const RESTORING = `
  select 'select 1 ' || coalesce(string_agg(
    format(', setval(%L, %s, %L)', seqrelid::regclass, coalesce(last_value, start_value), last_value is not null), ''), '')
    as statement
  from pg_sequences join pg_sequence on seqrelid = format('%I.%I', schemaname, sequencename)::regclass
  where schemaname in ('public', 'other')`

const RELATIONS = `
  select oid::regclass::text as name, relkind::text as kind from pg_class
  where relnamespace in (select oid from pg_namespace where nspname in ('public', 'other'))
  union all select proname, 'function' from pg_proc where pronamespace = 'public'::regnamespace order by 1, 2`

/** All rows of all tables and the names of all relations and functions, as others see them. */
async function contents(database: TestDatabase): Promise<{ relations: Row[]; rows: Row[] }> {
  const relations = await database.outside(RELATIONS)
  const tables = relations.filter(({ kind }) => kind === 'r').map(({ name }) => String(name))
  const rows = await database.outside(tables.map(rowsOf).join(' union all '))
  return { relations, rows }
}

function rowsOf(table: string): string {
  return `select '${table}' as name, (select json_agg(row) from (select * from ${table} order by 1) row)::text as rows`
}
