/**
 * Waits until `condition` holds; fails after fifteen seconds.
 *
 * @example
 * await until(() => events.includes('end'))
 */
export async function until(condition: () => boolean | Promise<boolean>, limit = 15_000): Promise<void> {
  const end = Date.now() + limit
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`still not so after ${limit} ms: ${String(condition)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
