/** The drivers and what stands on them, by the names of their packages. */

export interface Library {
  readonly name: string
  /** Whether its queries go through `pg`, and so through the sandbox, or past it. */
  readonly reached: boolean
  /** What brings one that goes past into the sandbox. */
  readonly remedy?: string
}

const REMEDIES: Readonly<Record<string, string>> = {
  postgres:
    "give it the sandbox's socket in tests. It is a real socket while no test runs:\n\n" +
    "    import { sandboxSocket } from 'pg-sandbox'\n    const sql = postgres(url, { socket: sandboxSocket })",
}

const ON_PG: Readonly<Record<string, string>> = {
  pg: 'pg',
  'pg-pool': 'pg-pool',
  'pg-promise': 'pg-promise',
  knex: 'Knex',
  objection: 'Objection',
  bookshelf: 'Bookshelf',
  sequelize: 'Sequelize',
  '@sequelize/postgres': 'Sequelize 7',
  typeorm: 'TypeORM',
  '@mikro-orm/postgresql': 'MikroORM',
  'drizzle-orm': 'Drizzle',
  kysely: 'Kysely',
  'orchid-orm': 'Orchid ORM',
  slonik: 'Slonik',
  '@prisma/adapter-pg': 'Prisma with @prisma/adapter-pg',
  '@databases/pg': '@databases/pg',
  zapatos: 'Zapatos',
  'ts-sql-query': 'ts-sql-query',
  'graphile-worker': 'Graphile Worker',
  'pg-boss': 'pg-boss',
  'pg-listen': 'pg-listen',
  'connect-pg-simple': 'connect-pg-simple',
  'node-pg-migrate': 'node-pg-migrate',
}

const PAST_PG: Readonly<Record<string, string>> = {
  postgres: 'postgres.js',
  'pg-native': 'pg-native',
  '@neondatabase/serverless': '@neondatabase/serverless',
  '@vercel/postgres': '@vercel/postgres',
  '@electric-sql/pglite': 'PGlite',
}

/** What of it a project has, in a fixed order. */
export function librariesAmong(dependencies: ReadonlySet<string>): readonly Library[] {
  const found = [...pick(ON_PG, dependencies, true), ...pick(PAST_PG, dependencies, false)]
  const ownEngine = dependencies.has('@prisma/client') && !dependencies.has('@prisma/adapter-pg')
  return ownEngine ? [...found, { name: 'Prisma without @prisma/adapter-pg', reached: false }] : found
}

function pick(
  known: Readonly<Record<string, string>>,
  dependencies: ReadonlySet<string>,
  reached: boolean,
): Library[] {
  return Object.entries(known)
    .filter(([dependency]) => dependencies.has(dependency))
    .map(([dependency, name]) => {
      const remedy = REMEDIES[dependency]
      return remedy === undefined ? { name, reached } : { name, reached, remedy }
    })
}
