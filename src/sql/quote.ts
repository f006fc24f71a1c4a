/** Quotes an identifier for use in SQL, the way Postgres' own `quote_ident` does it for any name. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
