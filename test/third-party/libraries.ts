/** One row of the table. */
export type Library = {
  readonly name: string
  /** The npm package that its version is read from. */
  readonly packageName: string
  /** Its file in adapters/, without the extension. */
  readonly adapter: string
  /** It needs a newer Node than 20. */
  readonly newerNode?: true
  /** It makes tables and functions of its own before the tests. */
  readonly ownDatabases?: true
}

export const libraries: readonly Library[] = [
  { name: 'pg Client', packageName: 'pg', adapter: 'pg-client' },
  { name: 'pg Pool', packageName: 'pg', adapter: 'pg-pool' },
  { name: 'Knex', packageName: 'knex', adapter: 'knex' },
  { name: 'TypeORM', packageName: 'typeorm', adapter: 'typeorm' },
  { name: 'Sequelize 6', packageName: 'sequelize', adapter: 'sequelize' },
  { name: 'Drizzle', packageName: 'drizzle-orm', adapter: 'drizzle' },
  { name: 'Kysely', packageName: 'kysely', adapter: 'kysely', newerNode: true },
  { name: 'Prisma', packageName: '@prisma/client', adapter: 'prisma' },
  { name: 'Postgres.js', packageName: 'postgres', adapter: 'postgres-js' },
  { name: 'MikroORM', packageName: '@mikro-orm/core', adapter: 'mikro-orm', newerNode: true },
  { name: 'Objection', packageName: 'objection', adapter: 'objection' },
  { name: 'pg-promise', packageName: 'pg-promise', adapter: 'pg-promise' },
  { name: 'Slonik', packageName: 'slonik', adapter: 'slonik', newerNode: true },
  { name: '@databases/pg', packageName: '@databases/pg', adapter: 'databases-pg' },
  { name: 'Bookshelf', packageName: 'bookshelf', adapter: 'bookshelf' },
  { name: 'Orchid ORM', packageName: 'orchid-orm', adapter: 'orchid-orm' },
  { name: 'Sequelize 7', packageName: '@sequelize/core', adapter: 'sequelize-7' },
  { name: 'Zapatos', packageName: 'zapatos', adapter: 'zapatos' },
  { name: 'NestJS TypeORM', packageName: '@nestjs/typeorm', adapter: 'nestjs-typeorm' },
  {
    name: 'connect-pg-simple',
    packageName: 'connect-pg-simple',
    adapter: 'connect-pg-simple',
    ownDatabases: true,
  },
  { name: 'pg-listen', packageName: 'pg-listen', adapter: 'pg-listen' },
  {
    name: 'Graphile Worker',
    packageName: 'graphile-worker',
    adapter: 'graphile-worker',
    newerNode: true,
    ownDatabases: true,
  },
  { name: 'pg-boss', packageName: 'pg-boss', adapter: 'pg-boss', newerNode: true, ownDatabases: true },
  { name: 'node-pg-migrate', packageName: 'node-pg-migrate', adapter: 'node-pg-migrate' },
]
