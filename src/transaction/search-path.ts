/**
 * A client's search path while a schema of the sandbox stands first in it, as a setting of the client's. Pure.
 *
 * The schema adds to whatever path the client has. A path that the application sets afterwards takes the schema's place, as
 * in a plain session, until the real transaction ends: the next one has another schema.
 */
import type { PathBehindSchema, PathWithoutSchema, PlainSetting, Setting, Settings } from './settings.ts'

export const SEARCH_PATH = 'search_path'

/** The statement that puts the schema in front of whatever path is in force. The name is one that needs no quotes. */
export function putFirst(schema: string): string {
  const path = "NULLIF(pg_catalog.current_setting('search_path'), '')"
  return `SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', '${schema}', ${path}), false)`
}

type PathOfSchema = PathBehindSchema | PathWithoutSchema

/** The client's path, where it is one that a schema of the sandbox belongs to. */
export function pathOfSchema(settings: Settings): PathOfSchema | undefined {
  const setting = settings.get(SEARCH_PATH)
  return setting !== undefined && 'schema' in setting ? setting : undefined
}

/** The path that is there without any schema of the sandbox. */
export function plainPath(settings: Settings): PlainSetting | undefined {
  const setting = settings.get(SEARCH_PATH)
  return setting !== undefined && 'schema' in setting ? setting.path : setting
}

/**
 * The settings with this schema first in the path, unless the application has set a path since the schema is there; where
 * there is no schema, without that of an earlier transaction.
 */
export function withSchemaFirst(settings: Settings, schema: string | undefined): Settings {
  if (schema === undefined) return withoutSchema(settings)
  if (pathOfSchema(settings)?.schema === schema) return settings
  return withPath(settings, { kind: 'schemaFirst', schema, path: plainPath(settings) })
}

/** The same settings where the schema does not exist. */
export function withoutSchema(settings: Settings): Settings {
  return pathOfSchema(settings) === undefined ? settings : withPath(settings, plainPath(settings))
}

/** After the application has set its path. */
export function withPathSet(settings: Settings, path: PlainSetting): Settings {
  const schema = pathOfSchema(settings)?.schema
  return withPath(settings, schema === undefined ? path : { kind: 'schemaLeftOut', schema, path })
}

/** After the application has put the default back, or the path of its start-up: the schema is first again. */
export function withPathReset(settings: Settings, initial: Setting | undefined): Settings {
  const schema = pathOfSchema(settings)?.schema
  return withSchemaFirst(withPath(withPath(settings, undefined), initial), schema)
}

/** A path that is new comes last among the settings; undefined takes it away. */
function withPath(settings: Settings, path: Setting | undefined): Settings {
  const changed = new Map(settings)
  if (path === undefined || plainPath(settings) === undefined) changed.delete(SEARCH_PATH)
  return path === undefined ? changed : changed.set(SEARCH_PATH, path)
}
