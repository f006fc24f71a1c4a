import { pool, type Queryable, transaction, violates } from './database.ts'

export type Account = { id: number; email: string; balanceCents: number }

export type Opened = { kind: 'opened'; account: Account } | { kind: 'email taken' }

export class InsufficientFunds extends Error {
  constructor(accountId: number) {
    super(`Account ${accountId} has too little money.`)
    this.name = 'InsufficientFunds'
  }
}

export class UnknownAccount extends Error {
  constructor(accountId: number) {
    super(`There is no account ${accountId}.`)
    this.name = 'UnknownAccount'
  }
}

const COLUMNS = 'id, email, balance_cents as "balanceCents"'

export async function openAccount(email: string, balanceCents = 0): Promise<Opened> {
  try {
    const { rows } = await pool.query<Account>(
      `INSERT INTO accounts (email, balance_cents) VALUES ($1, $2) RETURNING ${COLUMNS}`,
      [email, balanceCents],
    )
    return { kind: 'opened', account: one(rows) }
  } catch (error) {
    if (violates(error, 'accounts_email_key')) return { kind: 'email taken' }
    throw error
  }
}

export async function findAccount(id: number): Promise<Account> {
  const { rows } = await pool.query<Account>(`SELECT ${COLUMNS} FROM accounts WHERE id = $1`, [id])
  if (!rows[0]) throw new UnknownAccount(id)
  return rows[0]
}

/** Moves money and writes it down, all or nothing. */
export async function transfer(from: number, to: number, cents: number): Promise<void> {
  await transaction(async (client) => {
    await client.query('INSERT INTO transfers (from_account, to_account, cents) VALUES ($1, $2, $3)', [
      from,
      to,
      cents,
    ])
    await changeBalance(client, to, cents)
    await changeBalance(client, from, -cents)
  })
}

/** Pays several people at once. A payment that fails is left out; the others are made. */
export async function payAll(from: number, payments: { to: number; cents: number }[]): Promise<number[]> {
  return transaction(async (client) => {
    const paid: number[] = []
    for (const { to, cents } of payments) {
      await client.query('SAVEPOINT payment')
      try {
        await changeBalance(client, from, -cents)
        await changeBalance(client, to, cents)
        paid.push(to)
      } catch {
        await client.query('ROLLBACK TO SAVEPOINT payment')
      }
      await client.query('RELEASE SAVEPOINT payment')
    }
    return paid
  })
}

export async function changeBalance(database: Queryable, id: number, cents: number): Promise<void> {
  const { rowCount } = await database
    .query('UPDATE accounts SET balance_cents = balance_cents + $2 WHERE id = $1', [id, cents])
    .catch((error: unknown) => {
      throw violates(error, 'accounts_balance_cents_check') ? new InsufficientFunds(id) : error
    })
  if (rowCount === 0) throw new UnknownAccount(id)
}

function one<T>(rows: T[]): T {
  const [row] = rows
  if (row === undefined) throw new Error('The statement should have returned a row.')
  return row
}
