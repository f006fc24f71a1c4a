import {
  type Account,
  findAccount,
  InsufficientFunds,
  openAccount,
  payAll,
  transfer,
  UnknownAccount,
} from './accounts.ts'
import { pool } from './database.ts'

let ada: Account
let grace: Account

beforeEach(async () => {
  ada = await open('ada@example.com', 1000)
  grace = await open('grace@example.com', 0)
})

afterAll(() => pool.end())

async function open(email: string, balanceCents: number): Promise<Account> {
  const opened = await openAccount(email, balanceCents)
  if (opened.kind !== 'opened') throw new Error(`${email} is left over from an earlier test`)
  return opened.account
}

async function balances(): Promise<number[]> {
  const accounts = await Promise.all([findAccount(ada.id), findAccount(grace.id)])
  return accounts.map((account) => account.balanceCents)
}

async function count(table: string): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`)
  return rows[0]?.n ?? 0
}

test('an account is opened', async () => {
  await expect(findAccount(ada.id)).resolves.toEqual({
    id: ada.id,
    email: 'ada@example.com',
    balanceCents: 1000,
  })
})

test('the accounts of the test before are gone', async () => {
  await expect(count('accounts')).resolves.toBe(2)
})

test('an email is taken once, and the service goes on after the violation', async () => {
  await expect(openAccount('ada@example.com')).resolves.toEqual({ kind: 'email taken' })
  await expect(openAccount('ada@example.org')).resolves.toMatchObject({ kind: 'opened' })
  await expect(count('accounts')).resolves.toBe(3)
})

test('a transfer moves money', async () => {
  await transfer(ada.id, grace.id, 300)
  await expect(balances()).resolves.toEqual([700, 300])
  await expect(count('transfers')).resolves.toBe(1)
})

test('a transfer of too much is undone as a whole', async () => {
  await expect(transfer(ada.id, grace.id, 1001)).rejects.toThrow(InsufficientFunds)
  await expect(balances()).resolves.toEqual([1000, 0])
  await expect(count('transfers')).resolves.toBe(0)
})

test('a transfer to nobody is refused by the foreign key', async () => {
  await expect(transfer(ada.id, -1, 10)).rejects.toMatchObject({ code: '23503' })
  await expect(balances()).resolves.toEqual([1000, 0])
})

test('a good transfer after a bad one counts', async () => {
  await expect(transfer(grace.id, ada.id, 1)).rejects.toThrow(InsufficientFunds)
  await transfer(ada.id, grace.id, 1)
  await expect(balances()).resolves.toEqual([999, 1])
})

test('transfers at the same time add up', async () => {
  await Promise.all(Array.from({ length: 10 }, () => transfer(ada.id, grace.id, 10)))
  await expect(balances()).resolves.toEqual([900, 100])
})

test('of many payments the one that fails is left out', async () => {
  const paid = await payAll(ada.id, [
    { to: grace.id, cents: 400 },
    { to: grace.id, cents: 5000 },
    { to: -1, cents: 1 },
    { to: grace.id, cents: 600 },
  ])
  expect(paid).toEqual([grace.id, grace.id])
  await expect(balances()).resolves.toEqual([0, 1000])
})

test('an unknown account is an error', async () => {
  await expect(findAccount(-1)).rejects.toThrow(UnknownAccount)
})
