import { type Program, type Step, textOf } from './program.ts'

/**
 * What the programs do not do, since the sandbox cannot hide it or since it differs by itself. First what no statement
 * in `statements/` says; then what is filtered here. `npm run fuzz -- --avoided` prints it.
 */
export const AVOIDED: Readonly<Record<string, string>> = {
  'now(), current_timestamp': 'stands still in a transaction',
  'values of sequences in rows':
    'sequences are not rolled back; log.n is never shown, nextval() only compared with null',
  'txid_current(), xmin, pg_backend_pid(), pg_locks, pg_stat_activity':
    'one transaction and one backend for all',
  'currval(), lastval()': 'of the session, which all clients share',
  'the same temporary table, cursor or SQL PREPARE name in two clients':
    'of the session; names have the number of the client',
  'pg_cursors, pg_prepared_statements, pg_listening_channels()': 'of the session',
  'current_query()': 'shows what the sandbox has made of the string',
  'ANALYZE, EXPLAIN of a plan': 'statistics are not undone, and plans depend on them',
  'advisory locks': 'of the session',
  'VACUUM, CREATE DATABASE, CONCURRENTLY, ALTER SYSTEM, COMMIT in a procedure':
    'not allowed in a transaction',
  'PREPARE TRANSACTION': 'refused',
  'ALTER TYPE … ADD VALUE': 'wants a commit before the value is used',
  'set_config() in a function or a larger query': 'a local setting may last there',
  'pg_notify() in a function, a trigger, a rule, a DO block or for rows of a query':
    'not delivered; the sandbox warns',
  'CREATE ROLE, and other objects of the cluster': 'two databases share them',
  'types made by a program in columns of a result': 'other oids in another database',
  'rows in the order of the table': 'updates and rollbacks move rows to other places; results are ordered',
  'two clients with a transaction open':
    'a plain server lets them run side by side; run.ts leaves the step out',
  'a placeholder setting that nobody has set':
    'it is null until the first SET in a session, then an empty string; app.tenant has a value in the database',
  'WITH HOLD cursors whose query writes or fails': 'the sandbox cannot save their rows at COMMIT',
  "current_setting('transaction_isolation')": 'tells of the real transaction; SHOW is right',
  'the same mode twice in one BEGIN or SET TRANSACTION': 'the sandbox knows the last of them alone',
  'COPY FROM STDIN in the extended protocol, in pages or in a pipeline':
    'pg hangs: it takes the Sync after Execute for that after CopyFail',
  'the order of parameters and notifications reported together':
    'that of lists inside the server; they are sorted',
  'TRUNCATE, DROP, ALTER beside a cursor WITH HOLD': 'it keeps its table in the sandbox',
  'temporary sequences and views with DISCARD':
    'the sandbox knows the temporary tables of a client, which share a schema',
  'LISTEN and NOTIFY in a level that is rolled back':
    'listeners outside of the level hear what happens in it',
  'writes that wait for a row lock between two pages': 'a plain server would wait for ever',
}

/** Leaves out what is avoided where only its place tells. */
export function isAvoided(program: Program): boolean {
  const text = textOf(program.steps)
  return (
    repeatsMode(text) || discardsOthers(text) || changesHeldTable(text) || program.steps.some(isAvoidedStep)
  )
}

function isAvoidedStep(step: Step): boolean {
  switch (step.kind) {
    case 'level':
      return /\b(?:listen|notify|pg_notify)\b/i.test(textOf(step.steps)) || step.steps.some(isAvoidedStep)
    case 'statement':
      return step.protocol !== 'simple' && isCopyIn(step.sql)
    case 'pipeline':
      return step.units.some(({ sql }) => isCopyIn(sql))
    default:
      return false
  }
}

/** Besides, whether a scan is updatable depends on its plan, and that on how often the table has been changed. */
function changesHeldTable(sql: string): boolean {
  return (
    /\bwith hold\b/i.test(sql) &&
    /\b(?:truncate|drop|alter table|create index|reindex|cluster|where current of)\b/i.test(sql)
  )
}

function discardsOthers(sql: string): boolean {
  return /\bdiscard (?:all|temp)\b/i.test(sql) && /\btemp (?:sequence|view)\b/i.test(sql)
}

function isCopyIn(sql: string): boolean {
  return /\bfrom stdin\b/i.test(sql)
}

function repeatsMode(sql: string): boolean {
  return /isolation level[^;\n]*isolation level|\bread (?:only|write)\b[^;\n]*\bread (?:only|write)\b|\bdeferrable\b[^;\n]*\bdeferrable\b/i.test(
    sql,
  )
}
