/**
 * Is the database in which the administrator's connections are, `postgres` nearly always, as it was made?
 *
 * CREATE DATABASE copies no database with sessions in it, and in this one are those of the package itself, of other workers,
 * and of a person who looks at the server. Where nobody has put anything in it, `template0` is the same, and always free.
 */
import type { Admin } from './admin-connection.ts'

/** Catalogs of what belongs to one database. Objects of the server itself have lower numbers: FirstNormalObjectId. */
const CATALOGS = [
  'pg_cast',
  'pg_collation',
  'pg_conversion',
  'pg_default_acl',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_language',
  'pg_largeobject_metadata',
  'pg_operator',
  'pg_opclass',
  'pg_opfamily',
  'pg_publication',
  'pg_transform',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
]

/** With the schema of each object: those of temporary tables, and what is in them, are not copied. */
const IN_SCHEMAS = { pg_class: 'relnamespace', pg_proc: 'pronamespace', pg_type: 'typnamespace' }

const OBJECTS = [
  ...CATALOGS.map((catalog) => `SELECT FROM pg_catalog.${catalog} WHERE oid >= 16384`),
  ...Object.entries(IN_SCHEMAS).map(
    ([catalog, schema]) =>
      `SELECT FROM pg_catalog.${catalog} AS object WHERE oid >= 16384 AND NOT EXISTS (
         SELECT FROM pg_catalog.pg_namespace AS temporary
         WHERE temporary.oid = object.${schema} AND nspname ~ '^pg_(toast_)?temp_')`,
  ),
  "SELECT FROM pg_catalog.pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_(toast_)?temp_'",
  // Rights on the schema public: initdb has written down those that it has made.
  `SELECT FROM pg_catalog.pg_namespace AS schema LEFT JOIN pg_catalog.pg_init_privs AS made
     ON made.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND made.objoid = schema.oid
   WHERE schema.nspname = 'public' AND schema.nspacl IS DISTINCT FROM made.initprivs`,
  "SELECT WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public')",
]

const HAS_OBJECTS = `SELECT EXISTS (${OBJECTS.join(' UNION ALL ')}) AS found`

/** Encoding and collation, which a copy has as its source. The server's versions have other columns for them. */
const LOCALES = `SELECT pg_catalog.to_jsonb(found) AS columns FROM pg_catalog.pg_database AS found
  WHERE datname IN ($1, 'template0')`
const COLUMNS = [
  'encoding',
  'datlocprovider',
  'datcollate',
  'datctype',
  'daticulocale',
  'datlocale',
  'daticurules',
]

/** Is it the one to which `admin` is connected, with nothing in it that `template0` has not? */
export async function isUntouched(admin: Admin, database: string): Promise<boolean> {
  const [present] = await admin.query<{ name: string }>('SELECT pg_catalog.current_database() AS name')
  if (present?.name !== database) return false
  const [objects] = await admin.query<{ found: boolean }>(HAS_OBJECTS)
  if (objects?.found !== false) return false
  const found = await admin.query<{ columns: Record<string, unknown> }>(LOCALES, [database])
  const [one, other] = found.map(({ columns }) =>
    JSON.stringify(COLUMNS.map((column) => columns[column] ?? null)),
  )
  return one === other
}
