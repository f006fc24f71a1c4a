/** Layers of SQL files. */
import type { Layer } from '../recipe.ts'
import { readFiles, textOf } from './read-files.ts'

/** What follows undoes the migration again, in files of dbmate, goose and node-pg-migrate. */
const DOWN = /^--[ \t]*(?:migrate:down|\+goose[ \t]+down|down[ \t]+migration)\b/im

/**
 * A layer of SQL files, applied one after another, each in a transaction of its own unless it says otherwise.
 *
 * Of a folder it takes all files that end in `.sql`, also in folders below, in the order of their paths: that of the
 * migrations of Drizzle, Prisma, dbmate, goose and node-pg-migrate. Files that end in `.down.sql`, and what stands below
 * a `-- migrate:down` or its like, are left out. What is not SQL to the server, such as `\connect` and the rows after
 * `COPY … FROM stdin` in a dump, needs `psql`: see `shellCommand`.
 *
 * @param paths files and folders, from the present folder
 *
 * @example
 * sqlFiles('migrations', 'test/seed.sql')
 */
export function sqlFiles(...paths: readonly string[]): Layer {
  const read = (): ReturnType<typeof readFiles> => readFiles(paths, isUpwards)
  return {
    label: paths.join(', '),
    hash: async () => textOf(await read()),
    async apply(database) {
      for (const { name, text } of await read()) await database.run(upwards(text), name)
    },
  }
}

function isUpwards(name: string): boolean {
  return name.endsWith('.sql') && !name.endsWith('.down.sql')
}

/** The part of a migration that makes something. */
export function upwards(sql: string): string {
  const at = sql.search(DOWN)
  return at === -1 ? sql : sql.slice(0, at)
}
