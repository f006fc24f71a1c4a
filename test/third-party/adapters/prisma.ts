import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { type Adapter, type Isolation, ISOLATION_LEVELS, type Transaction } from '../instance.ts'
import { type Prisma, PrismaClient } from '../prisma/client/client.ts'

const LEVELS: Record<Isolation, Prisma.TransactionIsolationLevel> = {
  'read uncommitted': 'ReadUncommitted',
  'read committed': 'ReadCommitted',
  'repeatable read': 'RepeatableRead',
  serializable: 'Serializable',
}

export const adapter: Adapter = {
  takesOnConnect: true,
  async open(url, { onConnect }) {
    const hook = onConnect ? { onConnect: (client: pg.ClientBase) => client.query(onConnect) } : {}
    const prisma = new PrismaClient({
      adapter: new PrismaPg({ connectionString: url, ...hook }),
    })
    return {
      ...handleOf(prisma),
      transaction: (work, { isolation } = {}) =>
        prisma.$transaction(
          (tx) => work(handleOf(tx)),
          isolation ? { isolationLevel: LEVELS[isolation] } : {},
        ),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      script: (text) => prisma.$executeRawUnsafe(text),
      close: () => prisma.$disconnect(),
    }
  },
}

function handleOf(prisma: Prisma.TransactionClient): Transaction {
  return {
    insert: (name) => prisma.account.create({ data: { name } }),
    count: () => prisma.account.count(),
    raw: (text) => prisma.$queryRawUnsafe(text),
    nested: (work) => prisma.$transaction((inner) => work(handleOf(inner))),
  }
}
