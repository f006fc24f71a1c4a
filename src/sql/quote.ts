/** Quotes an identifier for use in SQL, the way Postgres' own `quote_ident` does it for any name. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/**
 * Quotes a string for use in SQL, right for either setting of `standard_conforming_strings`: with a backslash in it, it
 * becomes E'…'. A space keeps the E apart from a word in front, as in libpq's `PQescapeLiteral`.
 *
 * @example
 * quoteLiteral("it's") // "'it''s'"
 */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
