import { findAccount, InsufficientFunds, openAccount } from './accounts.ts'
import { pool } from './database.ts'
import { addProduct, ordersOf, OutOfStock, placeOrder, stockOf } from './orders.ts'

let customer: number

// Made once for the file: every test sees them as they are here, whatever the test before did.
beforeAll(async () => {
  await addProduct('pen', 200, 10)
  await addProduct('ink', 500, 1)
  const opened = await openAccount('customer@example.com', 2000)
  if (opened.kind === 'opened') customer = opened.account.id
})

afterAll(() => pool.end())

test('an order takes goods from stock and money from the account', async () => {
  const order = await placeOrder(customer, [
    { sku: 'pen', quantity: 3 },
    { sku: 'ink', quantity: 1 },
  ])
  expect(order.totalCents).toBe(1100)
  await expect(stockOf('pen')).resolves.toBe(7)
  await expect(findAccount(customer)).resolves.toMatchObject({ balanceCents: 900 })
})

test('the order of the test before is gone, and the stock is full again', async () => {
  await expect(ordersOf(customer)).resolves.toEqual([])
  await expect(stockOf('pen')).resolves.toBe(10)
  await expect(stockOf('ink')).resolves.toBe(1)
})

test('an order of more than there is leaves everything as it was', async () => {
  const lines = [
    { sku: 'pen', quantity: 1 },
    { sku: 'ink', quantity: 2 },
  ]
  await expect(placeOrder(customer, lines)).rejects.toThrow(OutOfStock)
  await expect(stockOf('pen')).resolves.toBe(10)
  await expect(ordersOf(customer)).resolves.toEqual([])
})

test('an order that is too dear leaves everything as it was', async () => {
  await placeOrder(customer, [{ sku: 'pen', quantity: 6 }])
  await expect(placeOrder(customer, [{ sku: 'pen', quantity: 5 }])).rejects.toThrow(OutOfStock)
  await expect(
    placeOrder(customer, [
      { sku: 'pen', quantity: 4 },
      { sku: 'ink', quantity: 1 },
    ]),
  ).rejects.toThrow(InsufficientFunds)
  await expect(stockOf('pen')).resolves.toBe(4)
  await expect(findAccount(customer)).resolves.toMatchObject({ balanceCents: 800 })
})

test('a product that is there already is an error', async () => {
  await expect(addProduct('pen', 1, 1)).rejects.toMatchObject({ code: '23505', constraint: 'products_pkey' })
  await expect(stockOf('pen')).resolves.toBe(10)
})
