/** A text for a message: one line, shortened. */
export function excerpt(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim()
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`
}
