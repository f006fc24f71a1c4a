/**
 * Fields of an error or notice by their one-letter codes.
 * Source: https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export type Fields = Readonly<Record<string, string>>
