/**
 * A client's search path while a schema of the sandbox stands first in it, as an entry of its settings. Pure.
 *
 * The entry comes after that of the client's own search_path, which it adds to. A path that the application sets
 * afterwards takes its place, as in a plain session, until the real transaction ends: the next one has another schema.
 */
type Settings = ReadonlyMap<string, string>

export const SEARCH_PATH = 'search_path'

/** The entry: the statement that puts the schema in front of whatever path is in force. */
export const FIRST_IN_PATH = 'first in search_path'

/** The second adds to the first. */
export const PATH: readonly string[] = [SEARCH_PATH, FIRST_IN_PATH]

/** How the entry begins once the application has set a path in the same transaction. */
const LEFT_OUT = 'LEFT OUT '

/** The name is one that needs no quotes. */
function putFirst(schema: string): string {
  const path = "NULLIF(pg_catalog.current_setting('search_path'), '')"
  return `SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', '${schema}', ${path}), false)`
}

/**
 * The settings with this schema first in the path, unless the application has set a path since it is there; where there
 * is none, without that of an earlier transaction.
 */
export function withSchemaFirst(settings: Settings, schema: string | undefined): Settings {
  if (schema === undefined) return withoutSchema(settings)
  const statement = putFirst(schema)
  const present = settings.get(FIRST_IN_PATH)
  if (present === statement || present === LEFT_OUT + statement) return settings
  return new Map([...settings, [FIRST_IN_PATH, statement]])
}

/** The same settings where the schema does not exist. */
export function withoutSchema(settings: Settings): Settings {
  if (!settings.has(FIRST_IN_PATH)) return settings
  return new Map([...settings].filter(([name]) => name !== FIRST_IN_PATH))
}

/** After the application has set its path. */
export function withSchemaLeftOut(settings: Settings): Settings {
  const present = settings.get(FIRST_IN_PATH)
  if (present === undefined || present.startsWith(LEFT_OUT)) return settings
  return new Map([...settings, [FIRST_IN_PATH, LEFT_OUT + present]])
}

/** After the application has put the default back. */
export function withSchemaBack(settings: Settings): Settings {
  const present = settings.get(FIRST_IN_PATH)
  if (present === undefined || !present.startsWith(LEFT_OUT)) return settings
  return new Map([...settings, [FIRST_IN_PATH, present.slice(LEFT_OUT.length)]])
}

/** The schema alone, first again. */
export function onlySchema(settings: Settings): Settings {
  return new Map([...withSchemaBack(settings)].filter(([name]) => name === FIRST_IN_PATH))
}

/** What of the settings makes the path, where the schema is part of it. */
export function pathWithSchema(settings: Settings): Settings {
  return new Map([...settings].filter(([name]) => settings.has(FIRST_IN_PATH) && PATH.includes(name)))
}

/** Is the entry a statement to be run? */
export function isStatement(entry: string): boolean {
  return !entry.startsWith(LEFT_OUT)
}
