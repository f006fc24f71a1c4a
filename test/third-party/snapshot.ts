/** What a database holds, as lines that can be compared: its schema by catalog, and a checksum of each table. */
export type Snapshot = Readonly<Record<string, string>>

type Query = (text: string) => Promise<Record<string, unknown>[]>

/** Catalogs with the column that tells the rows of this database from those that every database has. */
const CATALOGS = {
  pg_namespace: 'oid',
  pg_type: 'oid',
  pg_proc: 'oid',
  pg_attribute: 'attrelid',
  pg_attrdef: 'oid',
  pg_constraint: 'oid',
  pg_index: 'indexrelid',
  pg_trigger: 'oid',
  pg_rewrite: 'oid',
  pg_enum: 'oid',
  pg_extension: 'oid',
  pg_description: 'objoid',
}

const SCHEMA = Object.entries(CATALOGS)
  .map(
    ([
      catalog,
      id,
    ]) => `select '${catalog}' as name, md5(coalesce(string_agg(line, ',' order by line), '')) as sum
      from (select t::text as line from pg_catalog.${catalog} t where ${id} >= 16384) lines`,
  )
  .join(' union all ')

// Statistics of pg_class come and go by themselves.
const RELATIONS = `select 'pg_class' as name,
  md5(coalesce(string_agg(concat_ws(' ', oid, relnamespace, relname, relkind, relpersistence, relowner, relacl), ','
    order by oid), '')) as sum
  from pg_catalog.pg_class where oid >= 16384`

const ROWS = `select format('%I.%I', n.nspname, c.relname) as name, (xpath('/row/s/text()', query_to_xml(format(
    'select count(*) || '' rows '' || md5(coalesce(string_agg(t::text, chr(10) order by t::text), '''')) as s
     from %I.%I t', n.nspname, c.relname), false, true, '')))[1]::text as sum
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`

/** Connections that have a transaction open, which keeps its locks. */
export const OPEN_TRANSACTIONS = `select pid, state, query from pg_catalog.pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    and (state <> 'idle' or xact_start is not null)`

export async function takeSnapshot(query: Query): Promise<Snapshot> {
  const lines = await query([SCHEMA, RELATIONS, ROWS].join(' union all '))
  return Object.fromEntries(lines.map(({ name, sum }) => [String(name), String(sum)]))
}

export function difference(before: Snapshot, after: Snapshot): string | undefined {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const changed = [...names].filter((name) => before[name] !== after[name])
  if (changed.length === 0) return undefined
  const lines = changed.map(
    (name) => `${name}: ${before[name] ?? 'not there'} → ${after[name] ?? 'not there'}`,
  )
  return `the database is not as it was before:\n${lines.join('\n')}`
}
