import { changeBalance } from './accounts.ts'
import { pool, transaction, violates } from './database.ts'

export type Line = { sku: string; quantity: number }

export type Order = { id: number; totalCents: number; lines: Line[] }

export class OutOfStock extends Error {
  constructor(sku: string) {
    super(`Too few of ${sku} are left.`)
    this.name = 'OutOfStock'
  }
}

export async function addProduct(sku: string, priceCents: number, stock: number): Promise<void> {
  await pool.query('INSERT INTO products (sku, price_cents, stock) VALUES ($1, $2, $3)', [
    sku,
    priceCents,
    stock,
  ])
}

export async function stockOf(sku: string): Promise<number> {
  const { rows } = await pool.query<{ stock: number }>('SELECT stock FROM products WHERE sku = $1', [sku])
  return rows[0]?.stock ?? 0
}

/** Takes the goods from stock and the money from the account, or neither. */
export async function placeOrder(accountId: number, lines: Line[]): Promise<Order> {
  return transaction(async (client) => {
    const inserted = await client.query<{ id: number }>(
      'INSERT INTO orders (account_id, total_cents) VALUES ($1, 0) RETURNING id',
      [accountId],
    )
    const id = inserted.rows[0]?.id ?? 0
    let totalCents = 0
    for (const { sku, quantity } of lines) {
      const taken = await client
        .query<{ price: number }>(
          'UPDATE products SET stock = stock - $2 WHERE sku = $1 RETURNING price_cents AS price',
          [sku, quantity],
        )
        .catch((error: unknown) => {
          throw violates(error, 'products_stock_check') ? new OutOfStock(sku) : error
        })
      totalCents += (taken.rows[0]?.price ?? 0) * quantity
      await client.query('INSERT INTO order_lines (order_id, sku, quantity) VALUES ($1, $2, $3)', [
        id,
        sku,
        quantity,
      ])
    }
    await client.query('UPDATE orders SET total_cents = $2 WHERE id = $1', [id, totalCents])
    await changeBalance(client, accountId, -totalCents)
    return { id, totalCents, lines }
  })
}

export async function ordersOf(accountId: number): Promise<Pick<Order, 'id' | 'totalCents'>[]> {
  const { rows } = await pool.query<Pick<Order, 'id' | 'totalCents'>>(
    'SELECT id, total_cents AS "totalCents" FROM orders WHERE account_id = $1 ORDER BY id',
    [accountId],
  )
  return rows
}
