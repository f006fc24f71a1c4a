/** The schema that all variants are measured on: eight chains of five tables, each chain tied to the one before. */
import type { Client } from 'pg'

const TABLES = 40
const CHAIN = 5

/** `table_01` to `table_40`, each before those that refer to it. */
export const tables: readonly string[] = Array.from({ length: TABLES }, (_, i) => tableName(i + 1))

/** No other table refers to these two, so that TRUNCATE takes them alone. */
export const touchedTables: readonly string[] = tables.slice(-2)

function tableName(number: number): string {
  return `table_${String(number).padStart(2, '0')}`
}

/** A table refers to the one before it in its chain, and to the head of the chain before its own. */
function createTable(name: string, index: number): string {
  const parent = index % CHAIN === 0 ? undefined : tables[index - 1]
  const head = index < CHAIN ? undefined : tables[index - (index % CHAIN) - CHAIN]
  const columns = [
    'id bigint generated always as identity primary key',
    'name text not null unique',
    'amount integer not null default 0',
    'created_at timestamptz not null default now()',
    `parent_id bigint ${parent ? `references ${parent}` : ''}`,
    `head_id bigint ${head ? `references ${head}` : ''}`,
  ]
  return `create table ${name} (${columns.join(', ')}); create index on ${name} (parent_id)`
}

export async function createSchema(client: Client): Promise<void> {
  for (const [index, name] of tables.entries()) await client.query(createTable(name, index))
  // What the rows for single tests go into: no key but its own.
  await client.query('create table writes (id bigint generated always as identity primary key, body text)')
  await client.query('create table copied (body text)')
}
