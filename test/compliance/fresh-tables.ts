import { escapeLiteral } from 'pg'
import { type Row } from '../support/outside.ts'
import { type TestDatabase } from '../support/database.ts'
import { RESET } from './schema.ts'

/**
 * The tables of the cases, looked at from outside. After a run in the sandbox they are proved to be as they were, but for
 * the values of sequences; after one that may have committed they are filled again, and made anew if more than rows has
 * changed, which takes ten times as long.
 */
export class FreshTables {
  readonly #database: TestDatabase
  readonly #reset: string
  #first: Contents | undefined
  #sequences = ''
  #refill = ''
  #definitions = ''
  #areFresh = false

  constructor(database: TestDatabase, schema: string) {
    this.#database = database
    this.#reset = [RESET, schema, LEFT_ALONE].filter(Boolean).join(';')
  }

  /** For a run that may commit. */
  async make(): Promise<void> {
    if (this.#first === undefined || (await this.#defined()) !== this.#definitions) await this.#makeAnew()
    else if (this.#areFresh) await this.#database.outside(this.#sequences)
    else await this.#database.outside(`${this.#refill};${this.#sequences}`)
    this.#areFresh = false
  }

  async #makeAnew(): Promise<void> {
    await this.#database.outside(this.#reset)
    if (this.#first === undefined) await this.#look()
    this.#definitions = await this.#defined()
  }

  async #look(): Promise<void> {
    await this.#database.outside(`prepare catalogs as ${await this.#statement(CATALOGS)}`)
    this.#sequences = await this.#statement(SEQUENCES)
    this.#first = await contents(this.#database)
    this.#refill = refilling(this.#first.rows)
  }

  async #statement(text: string): Promise<string> {
    const [row] = await this.#database.outside(text)
    return String(row?.['statement'])
  }

  async #defined(): Promise<string> {
    const [row] = await this.#database.outside('execute catalogs')
    return String(row?.['sums'])
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

const OURS = "relnamespace in (select oid from pg_namespace where nspname in ('public', 'other'))"

/** Plans depend on statistics, which nobody may gather between the plain run and that in the sandbox. */
const LEFT_ALONE = `do $alone$ declare name text; begin
  for name in select oid::regclass from pg_class where relkind = 'r' and ${OURS} loop
    execute format('alter table %s set (autovacuum_enabled = off)', name);
  end loop;
end $alone$`

/**
 * Has a table or an index grown? Plans depend on that, too, from the tenth page of a table on. Source:
 * table_block_relation_estimate_size() of PostgreSQL.
 */
const GROWN = `select bool_or(pg_relation_size(oid) > 8192 * case relkind when 'r' then 8 else 2 end)
  from pg_class where relkind in ('r', 'i') and ${OURS}`

/**
 * A statement that sums up which rows of the catalogs there are, which transactions have written them, and whether there
 * is more to read than at first.
 */
const CATALOGS = `
  select 'select array[' || string_agg(
    format('(select sum(hash_record_extended(row(%1$I, xmin), 0)) from pg_catalog.%2$I where %1$I >= 16384)', attname, relname),
    ', ') || $$]::text || (${GROWN}) as sums$$ as statement
  from pg_class join pg_attribute on attrelid = pg_class.oid and attnum = 1 and atttypid = 'oid'::regtype
  where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r' and not relisshared
    and relname not in ('pg_depend', 'pg_statistic', 'pg_statistic_ext_data')`

/** A statement that gives all sequences the values that they have now: a rollback does not. */
const SEQUENCES = `
  select 'select 1 ' || coalesce(string_agg(
    format(', setval(%L, %s, %L)', seqrelid::regclass, coalesce(last_value, start_value), last_value is not null), ''), '')
    as statement
  from pg_sequences join pg_sequence on seqrelid = format('%I.%I', schemaname, sequencename)::regclass
  where schemaname in ('public', 'other')`

/** A statement that puts these rows into their tables in place of what is there, without triggers. */
function refilling(tables: readonly Table[]): string {
  const statements = tables.map(({ name, rows }) => {
    const values = `json_populate_recordset(null::${name}, ${escapeLiteral(rows ?? '[]')})`
    return `delete from only ${name}; insert into ${name} overriding system value select * from ${values};`
  })
  return `do ${escapeLiteral(`begin set local session_replication_role = replica; ${statements.join(' ')} end`)}`
}

const RELATIONS = `
  select oid::regclass::text as name, relkind::text as kind from pg_class
  where ${OURS}
  union all select proname, 'function' from pg_proc where pronamespace = 'public'::regnamespace order by 1, 2`

type Table = { name: string; rows: string | null }
type Contents = { relations: Row[]; rows: Table[] }

/** All rows of all tables and the names of all relations and functions, as others see them. */
async function contents(database: TestDatabase): Promise<Contents> {
  const relations = await database.outside(RELATIONS)
  const tables = relations.filter(({ kind }) => kind === 'r').map(({ name }) => String(name))
  const rows = await database.outside(tables.map(rowsOf).join(' union all '))
  return { relations, rows: rows as Table[] }
}

function rowsOf(table: string): string {
  return `select '${table}' as name, (select json_agg(row) from (select * from ${table} order by 1) row)::text as rows`
}
