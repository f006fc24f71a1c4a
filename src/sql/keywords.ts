/** Words that the grammar keeps to itself: a name must be quoted to be one of them. From `pg_get_keywords()` of PostgreSQL 15; the only later one, `system_user` of 16, is left out since 15 takes it for a name. */
const reserved = `
  all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_catalog
  current_date current_role current_time current_timestamp current_user default deferrable desc distinct do else end except
  false fetch for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp
  not null offset on only or order placing primary references returning select session_user some symmetric table
  then to trailing true union unique user using variadic when where window with`

/** Words that can be names of functions and types but not of columns, cursors or savepoints. */
const functionOrType = `
  authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left like natural
  notnull outer overlaps right similar tablesample verbose`

/** Words of types and of syntax that looks like a call; no function made by a user can be called by them without quotes. */
const syntax = `
  between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout int integer
  interval least national nchar none normalize nullif numeric out overlay position precision real row setof smallint substring
  time timestamp trim values varchar xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi
  xmlroot xmlserialize xmltable`

/** The words of a text. */
export function words(text: string): Set<string> {
  return new Set(text.trim().split(/\s+/))
}

/** Not allowed, unquoted, as the name of a savepoint, cursor, channel, setting, … (what the grammar calls `ColId`). */
export const notNames: ReadonlySet<string> = words(`${reserved} ${functionOrType}`)

/** What, before a parenthesis, is no call of a user's function. */
export const syntaxWords: ReadonlySet<string> = words(`${reserved} ${syntax} is join like ilike overlaps`)
