/**
 * Which sequences a statement may draw from, by the names in its text, and what lets a rollback undo that. Pure.
 *
 * nextval() is never rolled back, but ALTER SEQUENCE gives the sequence a new file, which a rollback throws away with
 * all that was drawn from it. Where it states what holds already, the value stays.
 * Source: AlterSequence() and init_params() in the server's sequence.c
 */
import { readRows } from '../protocol/rows.ts'
import { quoteLiteral } from '../sql/quote.ts'
import { wordsOf } from '../sql/traces.ts'

export interface Sequence {
  /** As SQL takes it: quoted, with its schema. */
  readonly name: string
  readonly cycles: boolean
  /** May the user who has logged in alter it? */
  readonly isOwned: boolean
}

export interface Sequences {
  readonly byWord: ReadonlyMap<string, readonly Sequence[]>
  /** From tables, views and functions to texts that name what they draw from or run. */
  readonly leadsTo: ReadonlyMap<string, readonly string[]>
}

export const NONE_SET_APART: ReadonlySet<string> = new Set()

const RELATIONS = `SELECT c.oid, c.relname, c.relkind, c.relowner, n.nspname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'f', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND (c.relpersistence <> 't' OR c.relnamespace = pg_catalog.pg_my_temp_schema())`

/**
 * Names that lead to other names: a table to the sequences and functions of its defaults and to the functions of its
 * triggers, a view or rule to its tables, a function to its body.
 * Source: https://www.postgresql.org/docs/current/catalog-pg-depend.html
 */
const LEADS = `SELECT t.relname AS name, s.relname AS other FROM pg_catalog.pg_depend d
    JOIN relations s ON s.oid = d.objid AND s.relkind = 'S' JOIN relations t ON t.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
  UNION ALL SELECT t.relname, COALESCE(s.relname, p.proname) FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attrdef a ON a.oid = d.objid JOIN relations t ON t.oid = a.adrelid
    LEFT JOIN relations s ON d.refclassid = 'pg_class'::regclass AND s.oid = d.refobjid AND s.relkind = 'S'
    LEFT JOIN pg_catalog.pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
    WHERE d.classid = 'pg_attrdef'::regclass AND COALESCE(s.relname, p.proname) IS NOT NULL
  UNION ALL SELECT t.relname, p.proname FROM pg_catalog.pg_trigger g
    JOIN relations t ON t.oid = g.tgrelid JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid WHERE NOT g.tgisinternal
  UNION ALL SELECT v.relname, t.relname FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN relations v ON v.oid = r.ev_class
    JOIN relations t ON t.oid = d.refobjid AND t.oid <> v.oid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
  UNION ALL SELECT p.proname, COALESCE(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE l.lanname NOT IN ('internal', 'c')
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`

/** Sequences, with what SQL calls them; then the names that lead to others. Joins take the indexes of pg_class, not a copy. */
export const SEQUENCES_QUERY: string = `WITH relations AS NOT MATERIALIZED (${RELATIONS})
SELECT s.relname, NULL, pg_catalog.format('%I.%I', s.nspname, s.relname), q.seqcycle,
    pg_catalog.pg_has_role(session_user, s.relowner, 'USAGE')
  FROM relations s JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
UNION ALL SELECT name, other, NULL, NULL, NULL FROM (${LEADS}) leads`

/** The sequences from the answer to {@link SEQUENCES_QUERY}. */
export function readSequences(answer: Buffer): Sequences {
  const byWord = new Map<string, Sequence[]>()
  const leadsTo = new Map<string, string[]>()
  for (const [from, to, name, cycles, isOwned] of readRows(answer)) {
    // A quoted name with several words is known by the first.
    const [word = ''] = wordsOf(from!)
    if (to != null) add(leadsTo, word, to)
    else add(byWord, word, { name: name!, cycles: cycles === 't', isOwned: isOwned === 't' })
  }
  return { byWord, leadsTo }
}

function add<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

/** The sequences that statements with these texts may draw from: a text need only have the name of one, or of what leads there. */
export function sequencesIn(texts: readonly string[], { byWord, leadsTo }: Sequences): Sequence[] {
  const met = new Set<string>()
  const waiting = [...texts]
  for (const text of waiting) {
    for (const word of wordsOf(text)) {
      if (!met.has(word)) waiting.push(...(leadsTo.get(word) ?? []))
      met.add(word)
    }
  }
  return [...met].flatMap((word) => byWord.get(word) ?? [])
}

/** Milliseconds that a sequence is waited for which another connection uses, before the statement itself waits for it. */
const LOCK_LIMIT = 100

/**
 * The statement after which a rollback undoes what is drawn from the sequences. Sequences that it cannot alter, in time or at
 * all, it passes over: it rides in front of a statement of the application, which must not fail for that.
 */
export function keepValues(sequences: readonly Sequence[]): string {
  const alter = sequences.map(({ name, cycles }) =>
    quoteLiteral(`ALTER SEQUENCE IF EXISTS ${name} ${cycles ? '' : 'NO '}CYCLE`),
  )
  const set = (name: string, value: string): string =>
    `PERFORM pg_catalog.set_config('${name}', ${value}, true);`
  return `DO ${quoteLiteral(
    "DECLARE limits text := pg_catalog.current_setting('lock_timeout'); " +
      "role text := pg_catalog.current_setting('role'); statement text; BEGIN " +
      `${set('lock_timeout', `'${LOCK_LIMIT}'`)} ${set('role', "'none'")} ` +
      `FOREACH statement IN ARRAY ARRAY[${alter.join(', ')}] LOOP ` +
      'BEGIN EXECUTE statement; EXCEPTION WHEN query_canceled OR OTHERS THEN NULL; END; END LOOP; ' +
      `${set('lock_timeout', 'limits')} ${set('role', 'role')} END`,
  )}`
}
